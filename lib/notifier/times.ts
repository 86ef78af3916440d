/**
 * A time as AWS's events write it: ISO 8601, or `Dec 3, 2021, 6:02:30 PM`, which is in UTC without saying so (the comma and
 * the space before PM vary). Undefined where it is neither.
 */
export function instant(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(/^\d{4}-/.test(text) ? text : `${text} UTC`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** `2026-11-25 10:00 UTC` */
export function clock(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `12 min 3 s` */
export function took(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

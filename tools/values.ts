export type Key = string | number;

/**
 * Looks up what others wrote by the path of its keys, e.g. `text(properties, 'Source', 'Type')`. Anything may be absent, null
 * or of another kind than the documentation says: then there is no such text, number or list.
 */
export function at(value: unknown, ...path: readonly Key[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Readonly<Record<Key, unknown>>)[key];
  }
  return found;
}

/** Numbers and booleans too: CloudFormation takes `Value: 5` for a text. */
export function text(value: unknown, ...path: readonly Key[]): string | undefined {
  const found = at(value, ...path);
  return ['string', 'number', 'boolean'].includes(typeof found) ? String(found) : undefined;
}

export function number(value: unknown, ...path: readonly Key[]): number | undefined {
  const found = text(value, ...path);
  const read = found === undefined || found.trim() === '' ? NaN : Number(found);
  return Number.isFinite(read) ? read : undefined;
}

/** CloudFormation takes `'true'` too, and in YAML, which is 1.1 to it, `yes`. */
export function flag(value: unknown, ...path: readonly Key[]): boolean | undefined {
  const found = text(value, ...path) ?? '';
  if (/^(true|yes|on)$/i.test(found)) return true;
  return /^(false|no|off)$/i.test(found) ? false : undefined;
}

export function list(value: unknown, ...path: readonly Key[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The texts of a list, or of the one text that stands in its place. */
export function texts(value: unknown, ...path: readonly Key[]): readonly string[] {
  const found = at(value, ...path);
  return (Array.isArray(found) ? found : [found]).flatMap((item) => text(item) ?? []);
}

export function object(value: unknown, ...path: readonly Key[]): Readonly<Record<string, unknown>> {
  const found = at(value, ...path);
  return isObject(found) ? found : {};
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

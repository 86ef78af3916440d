import { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import type { Context } from './command';

export type Style = Parameters<typeof styleText>[0];

/** As Node decides it: FORCE_COLOR wins, then NO_COLOR and TERM=dumb, then whether it is a terminal. */
export function hasColours(env: Context['env'], terminal: boolean): boolean {
  if (env.FORCE_COLOR === undefined && !terminal) return false;
  return WriteStream.prototype.getColorDepth({ ...env }) > 2;
}

export function styled(style: Style, text: string): string {
  // Whether there is a terminal is known already, and may be another stream's.
  return styleText(style, text, { validateStream: false });
}

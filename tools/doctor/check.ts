import type { PipelineConfig } from '../../lib/config';
import type { Environment } from '../../lib/environments';
import type { Names } from '../../lib/names';
import type { Account } from './account';
import type { Commands } from './commands';

/** `fail`: a deployment or a push would fail. `warn`: somebody should look, or it cannot be known. */
export type Level = 'ok' | 'warn' | 'fail';

/** One line of the answer, as `--json` has it. */
export interface Check {
  /** `bootstrap`, or `names/bucket` where one question has several answers. */
  readonly id: string;
  /** Of the configuration's environments; absent for what is about the credentials. */
  readonly environment?: string;
  readonly title: string;
  readonly level: Level;
  readonly found: string;
  /** Shell commands that mend it, a line each; what is no command starts with `#`. */
  readonly fix?: string;
}

/** What a question finds out. */
export interface Finding {
  /** Tells several answers to one question apart. */
  readonly about?: string;
  readonly level: Level;
  readonly found: string;
  readonly fix?: string;
}

/** One environment of the configuration, in the account and region of its pipeline, or of its application. */
export interface Examined {
  readonly account: Account;
  readonly config: PipelineConfig;
  readonly environment: Environment;
  readonly names: Names;
  readonly commands: Commands;
  readonly cwd: string;
  /** The root of the application's repository, as the user gave it. */
  readonly source: string;
}

/** Thrown where the account does not answer: told as what it is, never a crash. */
export class Unknowable extends Error {
  constructor(
    message: string,
    readonly fix: string,
  ) {
    super(message);
  }
}

/** Waits for all that is asked at once, and tells together what of it cannot be known. */
export async function together<T extends readonly unknown[]>(
  ...asked: { [K in keyof T]: Promise<T[K]> }
): Promise<T> {
  const answers = await Promise.allSettled(asked);
  const reasons = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as Error] : []));
  const [first] = reasons;
  if (first === undefined) return Promise.all(asked) as Promise<unknown> as Promise<T>;
  const unknowable = reasons.filter((reason) => reason instanceof Unknowable);
  if (unknowable.length < reasons.length) throw first;
  const each = (part: (reason: Unknowable) => string): string[] => [...new Set(unknowable.map(part))].sort();
  throw new Unknowable(each(({ message }) => message).join('; '), each(({ fix }) => fix).join('\n'));
}

export function ok(found: string): Finding {
  return { level: 'ok', found };
}

export function warn(found: string, ...fix: string[]): Finding {
  return { level: 'warn', found, fix: fix.join('\n') };
}

export function fail(found: string, ...fix: string[]): Finding {
  return { level: 'fail', found, fix: fix.join('\n') };
}

import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../command';

/** This repository, wherever the command is typed. */
export const PIPELINE = realpathSync(path.resolve(__dirname, '../..'));

export function isExecutable(file: string): boolean {
  return (statSync(file).mode & 0o100) !== 0;
}

/** @returns undefined when there is no such file */
export function unlessMissing<T>(file: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))) return undefined;
    throw new UserError(`${file}: cannot be read (${codeOf(error)})`);
  }
}

export function codeOf(error: unknown): string {
  // Under jest, node's own errors are not instances of Error.
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.join(__dirname, '../..');

/** Puts a small application, with the pipeline's files, into a directory. It is no repository yet. */
export function copyMiniature(source: string): void {
  cpSync(path.join(__dirname, 'miniature'), source, { recursive: true });
  cpSync(path.join(ROOT, 'ci'), path.join(source, 'ci'), { recursive: true });
  cpSync(path.join(ROOT, 'buildspec.yml'), path.join(source, 'buildspec.yml'));
}

/** Git in a directory, as somebody. */
export function gitIn(directory: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org'];
  return execFileSync('git', [...identity, ...args], { cwd: directory, encoding: 'utf8' }).trim();
}

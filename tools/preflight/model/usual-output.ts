import path from 'node:path';
import { type Command, option } from './command';
import type { Model } from './model';

/** The folder into which a tool writes what it makes, where it is not told otherwise. */
export interface UsualOutput {
  readonly command: Command;
  /** In which it runs, from the source's root. */
  readonly folder: string;
  /** Within that folder, e.g. `cdk.out`. */
  readonly output: string;
}

/** Undefined for a command of which that cannot be told. */
export function usualOutput(
  command: Command,
  { packages, source }: Pick<Model, 'packages' | 'source'>,
): UsualOutput | undefined {
  const { cwd, name, words } = command;
  if (cwd === undefined) return undefined;
  const within = (folder: string | true | undefined): string =>
    typeof folder === 'string' ? path.posix.join(cwd, folder).replace(/^\.$/, '') : cwd;
  switch (name) {
    case 'cdk': {
      if (!['synth', 'synthesize', 'deploy'].includes(words[0] ?? '')) return undefined;
      const isTold = option(command, '--output', '-o', '--app', '-a') !== undefined;
      if (isTold || /"output"\s*:/.test(source.read(path.posix.join(cwd, 'cdk.json')) ?? ''))
        return undefined;
      return { command, folder: cwd, output: 'cdk.out' };
    }
    case 'npm':
    case 'pnpm':
    case 'yarn': {
      const folder = within(option(command, '--prefix', '--cwd', '-C'));
      const script = packages.find((one) => one.folder === folder)?.scripts.build ?? '';
      const output = outputOf(script.trim());
      return words.includes('build') && output !== undefined ? { command, folder, output } : undefined;
    }
    case 'mvn':
    case 'mvnw':
      return words.some((word) => ['package', 'verify', 'install'].includes(word)) && !words.includes('-f')
        ? { command, folder: cwd, output: 'target' }
        : undefined;
    default:
      return undefined;
  }
}

/** Of a script that says nothing of where it writes. */
function outputOf(script: string): string | undefined {
  if (/(?:^|&&\s*)vite build$/.test(script)) return 'dist';
  if (/(?:^|&&\s*)react-scripts build$/.test(script)) return 'build';
  return /(?:^|&&\s*)next build$/.test(script) ? '.next' : undefined;
}

import { option, type Command } from './command';
import { scriptText, type ShellText } from './shell-text';
import type { SourceTree } from './source-tree';
import { pathFrom } from './words';

/** A script of a `package.json`, which runs in its folder. */
export interface NpmScript {
  readonly name: string;
  readonly folder: string;
  readonly text: ShellText;
}

/** `npm test` is `npm run test`. https://docs.npmjs.com/cli/using-npm/scripts */
const SHORT = new Map([
  ['t', 'test'],
  ['tst', 'test'],
  ['test', 'test'],
  ['start', 'start'],
  ['stop', 'stop'],
]);

/**
 * The scripts that `npm run`, `yarn` or `pnpm` run, with those before and after it: of the nearest package above the folder.
 * Those of workspaces, and those that an installation runs, are left out.
 */
export function scriptsRun(
  program: 'npm' | 'yarn' | 'pnpm',
  words: readonly string[],
  cwd: string | undefined,
  source: SourceTree,
): NpmScript[] {
  if (words.some((word) => /^(?:-w|--workspaces?|-ws|--filter|-r|--recursive)(?:=|$)/.test(word))) return [];
  const command = { name: 'npm', words } as unknown as Command;
  const prefix = option(command, '--prefix', '-C', '--cwd', '--dir');
  const start = typeof prefix === 'string' ? pathFrom(cwd, prefix) : cwd;
  const [name, rest] = called(program, words, typeof prefix === 'string' ? prefix : undefined);
  const manifest = start === undefined || name === undefined ? undefined : packageOf(start, source);
  if (!manifest || name === undefined) return [];
  const after = rest.length
    ? ` ${rest.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `"${word}"`)).join(' ')}`
    : '';
  return [`pre${name}`, name, `post${name}`].flatMap((script) => {
    const text = Object.hasOwn(manifest.scripts, script) ? manifest.scripts[script] : undefined;
    if (typeof text !== 'string') return [];
    const { line } = scriptText(manifest.path, manifest.text).placeAt(positionOf(manifest.text, script));
    const place = { file: manifest.path, line };
    return [
      {
        name: script,
        folder: manifest.folder,
        text: { text: script === name ? text + after : text, placeAt: () => place },
      },
    ];
  });
}

/** The script's name, and what it is given. */
function called(
  program: string,
  words: readonly string[],
  prefix: string | undefined,
): [string | undefined, readonly string[]] {
  const end = words.indexOf('--');
  const own = (end < 0 ? words : words.slice(0, end)).filter(
    (word) => !word.startsWith('-') && word !== prefix,
  );
  const given = end < 0 ? [] : words.slice(end + 1);
  const [verb, ...operands] = own;
  if (verb === 'run' || verb === 'run-script') {
    // npm takes options for itself that come before `--`; yarn and pnpm pass them on.
    return [operands[0], program === 'npm' ? [...operands.slice(1), ...given] : after(words, operands[0])];
  }
  const short = SHORT.get(verb ?? '');
  if (short !== undefined) return [short, program === 'npm' ? [...operands, ...given] : after(words, verb)];
  return program === 'npm' ? [undefined, []] : [verb, after(words, verb)];
}

function after(words: readonly string[], word: string | undefined): readonly string[] {
  const rest = words.slice(words.indexOf(word ?? '') + 1);
  return rest[0] === '--' ? rest.slice(1) : rest;
}

function packageOf(
  start: string,
  source: SourceTree,
): { path: string; folder: string; text: string; scripts: Record<string, unknown> } | undefined {
  for (let folder = start; ; folder = folder.split('/').slice(0, -1).join('/')) {
    const path = folder ? `${folder}/package.json` : 'package.json';
    const text = source.read(path);
    if (text !== undefined) {
      const scripts = scriptsIn(text);
      return scripts && { path, folder, text, scripts };
    }
    if (!folder) return undefined;
  }
}

function scriptsIn(text: string): Record<string, unknown> | undefined {
  try {
    const manifest = JSON.parse(text) as { scripts?: unknown } | null;
    const scripts = manifest?.scripts;
    return typeof scripts === 'object' && scripts !== null ? (scripts as Record<string, unknown>) : {};
  } catch {
    return undefined;
  }
}

function positionOf(text: string, script: string): number {
  const scripts = Math.max(text.indexOf('"scripts"'), 0);
  return Math.max(
    text.indexOf(`${JSON.stringify(script)}:`, scripts),
    text.indexOf(`${JSON.stringify(script)} :`, scripts),
    scripts,
  );
}

import type { Invocation } from './invocation';
import type { Field, Shell } from './shell';
import { pathFrom } from './words';

/** They take assignments, and succeed whatever the values do. */
export const DECLARATIONS = new Set(['export', 'declare', 'typeset', 'local', 'readonly']);

/** What changes the shell itself; whether it was one of these. */
export function runBuiltin({ name, words }: Invocation, fields: readonly Field[], shell: Shell): boolean {
  switch (name) {
    case 'cd':
    case 'chdir':
      shell.goTo(folderOf(fields, shell));
      return true;
    case 'pushd':
      shell.folders.push(shell.cwd);
      shell.goTo(folderOf(fields, shell));
      return true;
    case 'popd':
      shell.goTo(shell.folders.pop());
      return true;
    case 'set':
      setOptions(words, shell);
      return true;
    case 'shopt':
      if (words.includes('inherit_errexit')) shell.inheritErrexit = words.includes('-s');
      return true;
    case 'unset':
      for (const word of words) shell.set(word, undefined);
      return true;
    case 'read':
    case 'mapfile':
    case 'readarray':
    case 'printf':
    case 'getopts':
      for (const set of setBy({ name, words })) shell.set(set, undefined);
      return true;
    case 'shift':
      shell.parameters = shell.parameters?.slice(Number(words[0] ?? 1) || 1);
      return true;
    case 'exit':
    case 'return':
      shell.ended = name;
      return true;
    default:
      return DECLARATIONS.has(name);
  }
}

/** `set -e`, `set -euo pipefail`, and the same words of a shell that is called. */
export function setOptions(words: readonly string[], shell: Shell): void {
  for (const [i, word] of words.entries()) {
    const on = word.startsWith('-');
    if (!on && !word.startsWith('+')) continue;
    if (word === '--') {
      shell.parameters = undefined;
      return;
    }
    if (word.slice(1).includes('e')) shell.errexit = on;
    if (word.includes('o')) {
      if (words[i + 1] === 'errexit') shell.errexit = on;
      if (words[i + 1] === 'pipefail') shell.pipefail = on;
    }
  }
}

function folderOf(fields: readonly Field[], shell: Shell): string | undefined {
  const words = fields.filter(({ text }) => !/^-[LPe@]*-?$/.test(text) || text === '-');
  const [to] = words;
  if (!to || words.length > 1) return undefined;
  if (to.text === '-') return shell.previous;
  return pathFrom(shell.cwd, to.text);
}

/** The variables that a builtin sets. */
export function setBy({ name, words }: Pick<Invocation, 'name' | 'words'>): string[] {
  const operands = words.filter((word) => !word.startsWith('-'));
  if (name === 'export' || name === 'readonly' || name === 'declare' || name === 'typeset') {
    return operands.filter((word) => word.includes('=')).map((word) => word.slice(0, word.indexOf('=')));
  }
  if (name === 'read' || name === 'mapfile' || name === 'readarray')
    return operands.filter((word) => /^[A-Za-z_]\w*$/.test(word));
  if (name === 'printf' && words[0] === '-v' && words[1]) return [words[1]];
  if (name === 'getopts' && words[1]) return [words[1]];
  return [];
}

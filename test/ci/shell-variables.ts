import { execFileSync } from 'node:child_process';

/** What a shell text reads of its environment and what it sets itself. */
export interface ShellVariables {
  /** Read, somewhere without a default: under `set -u` the shell ends where they are not set. */
  readonly required: ReadonlySet<string>;
  /** Read with a default only. */
  readonly optional: ReadonlySet<string>;
  readonly assigned: ReadonlySet<string>;
}

/**
 * Finds `$X` and `${X…}` where a shell would: not in single quotes, not in comments. Sees what bash scripts of this
 * repository do; it is no shell. Text without `$` (arithmetic) is not seen.
 */
export function shellVariables(text: string): ShellVariables {
  const { code, reads } = scan(text);
  const required = new Set(reads.filter(({ hasDefault }) => !hasDefault).map(({ name }) => name));
  const optional = new Set(reads.map(({ name }) => name).filter((name) => !required.has(name)));
  return { required, optional, assigned: assignments(code) };
}

interface Read {
  readonly name: string;
  readonly hasDefault: boolean;
}

/** The reads, and the text with comments and single-quoted strings blanked out. */
function scan(text: string): { code: string; reads: Read[] } {
  const reads: Read[] = [];
  let code = '';
  // Innermost last. In a "$(…)" quotes mean what they mean outside.
  const within: ('"' | '(' | '{')[] = [];
  for (let i = 0; i < text.length;) {
    const rest = text.slice(i);
    const quotes = within.at(-1) === '"' || (within.at(-1) === '{' && within.includes('"'));
    let length = 1;
    let kept: string | undefined;
    const variable = /^\$(?:\{[!#]?([A-Za-z_]\w*)(:?[-=+])?|([A-Za-z_]\w*))/.exec(rest);
    if (rest.startsWith('\\')) length = 2;
    else if (variable) {
      const [match, braced, operator, plain] = variable;
      length = match.length;
      reads.push({ name: braced ?? plain ?? '', hasDefault: operator !== undefined });
      if (braced) within.push('{');
    } else if (rest.startsWith('$(')) {
      within.push('(');
      length = 2;
    } else if (rest.startsWith('(') && !quotes) within.push('(');
    else if (rest.startsWith(')') && within.at(-1) === '(') within.pop();
    else if (rest.startsWith('}') && within.at(-1) === '{') within.pop();
    else if (rest.startsWith('"')) {
      if (within.at(-1) === '"') within.pop();
      else within.push('"');
    } else if (!quotes && /^\$?'/.test(rest)) {
      length = (/^\$'(?:\\.|[^'])*'|^'[^']*'/s.exec(rest)?.[0] ?? rest).length;
      kept = "''";
    } else if (!quotes && rest.startsWith('#') && /[\s;]/.test(text[i - 1] ?? ' ')) {
      length = (/^.*/.exec(rest)?.[0] ?? '').length;
      kept = '';
    }
    code += kept ?? text.slice(i, i + length);
    i += length;
  }
  return { code, reads };
}

/** At a command's beginning only: `--label x=$X` sets nothing. */
function assignments(code: string): Set<string> {
  const names: string[] = [];
  const begin = String.raw`(?:^|[;|&({!]|\b(?:if|while|then|do|else))[ \t]*`;
  for (const [, name] of code.matchAll(new RegExp(`${begin}(\\w+)(?:\\[[^\\]]*\\])?\\+?=`, 'gm')))
    names.push(name ?? '');
  for (const [, name] of code.matchAll(/\bfor (\w+) in\b/g)) names.push(name ?? '');
  for (const [, list] of code.matchAll(
    /\b(?:read|mapfile|local|declare|export|readonly)((?: +[\w-]+(?:=\S*)?)+)/g,
  )) {
    names.push(...(list ?? '').split(/\s+/).map((word) => word.replace(/=.*/, '')));
  }
  return new Set(names.filter((name) => /^[A-Za-z_]\w*$/.test(name)));
}

/** The functions of a script, by name. */
export function shellFunctions(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^(\w+)\(\) (\{.*\}|\{\n[\s\S]*?\n\})$/gm)].map(([, name, body]) => [
      name ?? '',
      body ?? '',
    ]),
  );
}

/** Variables that bash sets itself (PWD, SECONDS, BASH_SOURCE…), as it tells them. */
export function bashVariables(): Set<string> {
  // --norc: with a socket as its input, which is what node gives it, bash reads ~/.bashrc as if rshd had started it.
  return new Set(
    execFileSync('bash', ['--norc', '-c', 'compgen -v'], { env: {}, encoding: 'utf8' }).split('\n'),
  );
}

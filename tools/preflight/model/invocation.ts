/** What a command line runs, behind the programs that only run others. */
export interface Invocation {
  /** The program without its folder. */
  readonly name: string;
  readonly via?: string;
  /** As called, where it is called by a path. */
  readonly calledBy?: string;
  readonly words: readonly string[];
  /** Set for this command, by `env A=b` or `sudo A=b`. */
  readonly assigned: readonly string[];
}

/** Programs that run the program in their words, with their options that take a value. */
const RUNNERS = new Map<string, readonly string[]>([
  ['sudo', ['-u', '--user', '-g', '--group', '-h', '-p', '-C', '-D']],
  ['env', ['-u', '--unset', '-C', '--chdir', '-S']],
  ['exec', ['-a']],
  ['command', []],
  ['builtin', []],
  ['time', ['-f', '-o']],
  ['nohup', []],
  ['nice', ['-n', '--adjustment']],
  ['ionice', ['-c', '-n', '-p']],
  ['stdbuf', ['-i', '-o', '-e']],
  ['setsid', []],
  [
    'xargs',
    ['-n', '-I', '-P', '-L', '-d', '-E', '-s', '-a', '--max-args', '--max-procs', '--replace', '--delimiter'],
  ],
  ['timeout', ['-k', '--kill-after', '-s', '--signal']],
  ['unbuffer', []],
  ['npx', ['-p', '--package', '-w', '--workspace', '-c', '--call']],
  ['bunx', []],
]);

/** The same in two words, the first of them being the program. */
const RUN_BY = new Map<string, readonly string[]>([
  ['npm', ['exec', 'x']],
  ['pnpm', ['exec', 'dlx']],
  ['yarn', ['exec', 'dlx']],
  ['uv', ['run']],
  ['poetry', ['run']],
  ['pipenv', ['run']],
  ['bundle', ['exec']],
]);

/** Whose programs bear another name than the package that `npx` is given. */
const PROGRAM_OF = new Map([
  ['aws-cdk', 'cdk'],
  ['typescript', 'tsc'],
]);

const ASSIGNMENT = /^[A-Za-z_]\w*=/;

/** Reads a command line, its first word being the program. */
export function invocationOf(line: readonly string[]): Invocation {
  const assigned: string[] = [];
  let words = line;
  let via: string | undefined;
  // Each turn takes a word at least.
  for (;;) {
    const [called = '', ...rest] = words;
    const name = called.slice(called.lastIndexOf('/') + 1);
    const runner = RUNNERS.get(name);
    // `command -v docker` asks, and runs nothing.
    const asks = name === 'command' && /^-\w*[vV]/.test(rest[0] ?? '');
    if (runner && !asks) {
      const after = afterOptions(rest, runner, name === 'timeout' ? 1 : 0, assigned);
      if (after.length) {
        via = name;
        words = name === 'npx' || name === 'bunx' ? asProgram(after) : after;
        continue;
      }
    }
    if (RUN_BY.get(name)?.includes(rest[0] ?? '')) {
      const after = afterOptions(
        rest.slice(1),
        ['-p', '--package', '--with', '--extra', '--group'],
        0,
        assigned,
      );
      if (after.length) {
        via = `${name} ${rest[0]}`;
        words = asProgram(after);
        continue;
      }
    }
    if (/^python[\d.]*$/.test(name) && rest[0] === '-m' && rest[1]) {
      return { name: rest[1], via: `${name} -m`, words: rest.slice(2), assigned };
    }
    if (called.includes('node_modules/.bin/'))
      return { name, via: 'node_modules/.bin/', words: rest, assigned };
    const isUnknown = /[$`]/.test(name);
    return {
      name: isUnknown ? '' : name,
      via,
      calledBy: called.includes('/') ? called : undefined,
      words: rest,
      assigned,
    };
  }
}

function afterOptions(
  words: readonly string[],
  valued: readonly string[],
  operands: number,
  assigned: string[],
): readonly string[] {
  let i = 0;
  for (; i < words.length; i++) {
    const word = words[i]!;
    if (word === '--') {
      i++;
      break;
    }
    if (ASSIGNMENT.test(word)) assigned.push(word);
    else if (!word.startsWith('-')) break;
    else if (valued.includes(word)) i++;
  }
  return words.slice(i + operands);
}

/** `cdk@2.1`, `aws-cdk@latest` and `@scope/name@1` without their versions. */
function asProgram([called, ...rest]: readonly string[]): string[] {
  const name = called!.replace(/(?<=.)@[^/]*$/, '');
  return [PROGRAM_OF.get(name) ?? name, ...rest];
}

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Command, type Context, main, UserError } from '../tools/command';

function contextOf(): Context & { stdout: string[]; stderr: string[] } {
  const stdout: string[] = [];
  const stderr: string[] = [];
  return {
    cwd: '/',
    env: {},
    signal: new AbortController().signal,
    out: (line) => stdout.push(line),
    err: (line) => stderr.push(line),
    stdout,
    stderr,
  };
}

const greet: Command = {
  summary: 'Greets.',
  options: { name: { value: 'NAME', help: 'whom' }, loud: { help: 'with an exclamation mark' } },
  run: (values, context) => {
    if (values.name === 'full') writeFileSync('/', '');
    if (values.name === 'nobody') throw new UserError('--name: nobody is there\n--loud: would not help', 1);
    context.out(`hello ${String(values.name)}${values.loud ? '!' : ''}`);
    return Promise.resolve(0);
  },
};

async function run(...argv: string[]): Promise<{ code: number; stdout: string[]; stderr: string[] }> {
  const context = contextOf();
  const code = await main('npm run x --', { greet }, argv, context);
  return { code, stdout: context.stdout, stderr: context.stderr };
}

test('a command gets its options, and only its result goes to stdout', async () => {
  expect(await run('greet', '--name', 'Ada', '--loud')).toEqual({
    code: 0,
    stdout: ['hello Ada!'],
    stderr: [],
  });
});

test('help is made from the table, so it cannot go stale', async () => {
  const { code, stdout } = await run('greet', '--help');

  expect(code).toBe(0);
  expect(stdout).toEqual([
    'Usage: npm run x -- greet [options]',
    '',
    'Greets.',
    '',
    '  --name NAME  whom',
    '  --loud       with an exclamation mark',
    '  --help       this text',
  ]);
});

test('a mistyped option is named in one line, with where to look, and nothing runs', async () => {
  expect(await run('greet', '--nmae', 'Ada')).toEqual({
    code: 2,
    stdout: [],
    stderr: ["Unknown option '--nmae'; see npm run x -- greet --help"],
  });
});

test('a mistyped command is answered with those that exist', async () => {
  expect(await run('great')).toEqual({
    code: 2,
    stdout: [],
    stderr: ["unknown command 'great'; there are: greet"],
  });
});

test('no command at all is misuse, and shows the help', async () => {
  const { code, stdout } = await run();

  expect(code).toBe(2);
  expect(stdout[0]).toBe('Usage: npm run x -- <command> [options]');
});

test('every problem that a user can mend is a line of its own, with the exit code that it asks for', async () => {
  expect(await run('greet', '--name', 'nobody')).toEqual({
    code: 1,
    stdout: [],
    stderr: ['--name: nobody is there', '--loud: would not help'],
  });
});

test('an error of our own keeps its stack: hiding a bug costs more than an ugly screen', async () => {
  const broken: Command = { ...greet, run: () => Promise.reject(new TypeError('bug')) };

  await expect(main('x', { broken }, ['broken'], contextOf())).rejects.toThrow(TypeError);
});

test.each([[['--help']], [['-h']]])('%j is help, of the table and of a command', async (help) => {
  expect((await run(...help)).stdout[0]).toBe('Usage: npm run x -- <command> [options]');
  expect((await run('greet', ...help)).stdout[0]).toBe('Usage: npm run x -- greet [options]');
});

test('help of a command is found by either order of the words', async () => {
  expect(await run('help', 'greet')).toEqual(await run('greet', '--help'));
  expect((await run('help')).stdout[0]).toBe('Usage: npm run x -- <command> [options]');
});

test('an empty value, which an unset variable of the shell leaves, is refused, so that it never means this directory', async () => {
  expect(await run('greet', '--name', '')).toEqual({
    code: 2,
    stdout: [],
    stderr: ["--name: expected NAME, got ''; see npm run x -- greet --help"],
  });
});

test('an option in the place of a value is told in one line', async () => {
  expect((await run('greet', '--name', '--loud')).stderr).toEqual([
    "Option '--name' argument is ambiguous; see npm run x -- greet --help",
  ]);
});

test('what the machine refuses, such as a full disk, is one line without a stack, and not the misuse of the command', async () => {
  expect(await run('greet', '--name', 'full')).toEqual({
    code: 1,
    stdout: [],
    stderr: [expect.stringMatching(/^cannot go on: EISDIR: illegal operation on a directory, open '\/'$/)],
  });
});

test('a reader that has seen enough, as head has, ends a command without a stack', () => {
  const command = 'node --require ts-node/register/transpile-only tools/cost/cli.ts --help | true';
  const { stdout, stderr } = spawnSync('bash', ['-c', `${command}; echo \${PIPESTATUS[0]}`], {
    cwd: path.join(__dirname, '..'),
    encoding: 'utf8',
  });

  expect(stderr).toBe('');
  expect(stdout).toBe('0\n');
});

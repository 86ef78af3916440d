import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Shell } from '../../../tools/simulator/engine/shell';
import { directory, removeDirectories } from './harness';

const shells: Shell[] = [];

afterEach(() => {
  for (const shell of shells.splice(0)) shell.close();
});
afterAll(removeDirectories);

interface Tried {
  readonly shell: Shell;
  readonly root: string;
  /** Runs a command; `status: output`. */
  readonly run: (command: string) => Promise<string>;
}

function shell(kind: 'bash' | '/bin/sh'): Tried {
  const root = directory();
  const made = new Shell({
    shell: kind,
    version: '0.2',
    directory: path.join(root, 'tmp'),
    workingDirectory: root,
    environment: { PATH: process.env.PATH ?? '', 'not-a-name': 'x' },
    mark: { name: 'CODEBUILD_BUILD_ID', value: `shell:${root}` },
  });
  shells.push(made);
  return {
    shell: made,
    root,
    run: async (command) => {
      let output = '';
      const { exitCode } = await made.run(command, (text) => (output += text));
      return `${exitCode}: ${output.replaceAll(root, 'ROOT')}`;
    },
  };
}

describe.each(['/bin/sh', 'bash'] as const)('%s', (kind) => {
  test('goes on after a command that became another program, with what was before it', async () => {
    const { run } = shell(kind);
    await run('export KEPT=yes');

    expect(await run('KEPT=lost; exec sh -c "echo other; exit 4"')).toBe('4: other\n');
    expect(await run('echo "$KEPT"')).toBe('0: yes\n');
  });

  test('goes on after a command that ended its whole process group', async () => {
    const { run } = shell(kind);
    await run('export KEPT=yes');

    expect(await run('kill -9 0; sleep 5')).toBe('137: ');
    expect(await run('echo "$KEPT"')).toBe('0: yes\n');
  });

  test('tells that its directory is gone and goes on in the source, where cd helps', async () => {
    const { run } = shell(kind);
    await run('mkdir gone && cd gone && rmdir ../gone');

    expect(await run('echo "in ${PWD##*/}"')).toMatch(
      /^0: .*cd: ROOT\/gone: No such file or directory\nin engine-/,
    );
  });

  test('keeps options and fields separators of one command away from the next and from its own script', async () => {
    const { run } = shell(kind);

    expect(await run('set -euf; IFS=0123456789; false')).toBe('1: ');
    expect(await run('echo "${UNSET-fine}" *')).toContain('0: fine tmp');
  });

  test('shows no trace of its own script to who traces a command', async () => {
    const { run } = shell(kind);

    expect(await run('set -x; true')).toBe('0: + true\n');
  });

  test('ends a command whose last line goes on in nothing', async () => {
    const { run } = shell(kind);

    expect(await run('echo a \\')).toBe('0: a\n');
  });

  test('gives the status of a signal', async () => {
    const { run } = shell(kind);

    expect(await run('kill -TERM $$')).toBe('143: ');
  });

  test('passes letters of several bytes whole, wherever the pipe cuts them', async () => {
    const { run } = shell(kind);
    const output = await run(`awk 'BEGIN { for (i = 0; i < 60000; i++) printf "é€😀" }'`);

    expect(output.length).toBe('0: '.length + 60_000 * 'é€😀'.length);
    expect(output).not.toContain('\uFFFD');
  });
});

test('what a command prints is seen at once, while it still runs', async () => {
  const { shell: made, root } = shell('/bin/sh');
  const seen: string[] = [];
  await made.run('echo a; while ! test -e go; do sleep 0.02; done; printf b', (text) => {
    seen.push(text);
    writeFileSync(path.join(root, 'go'), '');
  });

  expect(seen).toEqual(['a\n', 'b']);
});

test('what runs in the background is not waited for, and its output comes with that of later commands', async () => {
  const { run, root } = shell('/bin/sh');

  expect(await run('(while ! test -e go; do sleep 0.02; done; echo late; touch done) &')).toBe('0: ');
  expect(await run('touch go; while ! test -e done; do sleep 0.02; done')).toBe('0: late\n');
  expect(existsSync(path.join(root, 'done'))).toBe(true);
});

test('a background process that prints without end does not keep a command from ending', async () => {
  const { run } = shell('/bin/sh');

  expect(await run('yes >&2 &')).toMatch(/^0: (y\n)*y?$/);
  expect(await run('exit 3')).toMatch(/^3: /);
});

test('variables are read as the next command would see them, and values with odd letters are whole', async () => {
  const { run, shell: made } = shell('bash');
  await run(`ODD='a "b" $c
d'; EMPTY=; export ODD`);

  expect(await made.variables(['ODD', 'EMPTY', 'UNSET'])).toEqual({ ODD: 'a "b" $c\nd' });
  expect(await made.evaluate('web-$(echo 1)-${EMPTY:-x}')).toBe('web-1-x');
  await expect(made.evaluate('${UNSET?}')).rejects.toThrow('The shell cannot evaluate ${UNSET?}');
});

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const HOST = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
const LOCAL = 'localhost:34567';
const LABEL = 'mangoo.simulator=here/1/00';

let directory: string;
let context: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-wrapper-test-'));
  context = path.join(directory, 'context');
  mkdirSync(path.join(directory, 'home'));
  mkdirSync(context);
  const wrapper = path.join(__dirname, '../../../tools/simulator/standins/docker/wrapper.js');
  cpSync(wrapper, path.join(directory, 'docker.js'));
  settings();
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function settings(more: object = {}): void {
  const docker = path.join(directory, 'real-docker');
  const text = JSON.stringify({ docker, host: HOST, local: LOCAL, label: LABEL, ...more });
  writeFileSync(path.join(directory, 'wrapper.json'), text);
}

/** Puts a program in docker's place. */
function realDocker(script: string): void {
  writeFileSync(path.join(directory, 'real-docker'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

function run(args: readonly string[], input = ''): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(directory, 'docker.js'), ...args],
    {
      cwd: context,
      input,
      encoding: 'latin1',
      env: { PATH: process.env.PATH, HOME: path.join(directory, 'home'), TMPDIR: directory },
    },
  );
  return { status, out: stdout, err: stderr };
}

/** What docker gets to see of a command line. */
function given(...args: string[]): string[] {
  // To a file: what it prints is translated back.
  realDocker(`for arg; do printf '%s\\0' "$arg"; done >'${directory}/arguments'`);
  const { err, status } = run(args);
  expect({ err, status }).toEqual({ err: '', status: 0 });
  return readFileSync(path.join(directory, 'arguments'), 'utf8').split('\0').slice(0, -1);
}

/** The command line of one that starts a container, which gets the run's label. */
const labelled = ([command = '', ...args]: readonly string[]): string[] => [
  ...[command, '--label', LABEL],
  ...args,
];

describe('the registry of the account is the emulated one', () => {
  test.each([
    [['login', '--username', 'AWS', '--password-stdin', HOST]],
    [
      ['login', '--username', 'AWS', '--password-stdin', `https://${HOST}`],
      [HOST, `https://${HOST}`],
    ],
    [
      [
        'build',
        '--tag',
        `${HOST}/app:1`,
        '-t',
        `${HOST}/app:2`,
        `--tag=${HOST}/app:3`,
        `-t${HOST}/app:4`,
        '.',
      ],
    ],
    [['build', '--cache-from', `${HOST}/app:1`, `--cache-from=type=registry,ref=${HOST}/app:cache`, '.']],
    [['buildx', 'build', '--output', `type=image,name=${HOST}/app:1,push=true`, '.']],
    [['buildx', 'build', '--build-context', `base=docker-image://${HOST}/base:1`, '.']],
    [['build', '--build-arg', `BASE=${HOST}/base:1`, '--build-arg', `REGISTRY=${HOST}`, '.']],
    [['tag', 'app', `${HOST}/app:1`]],
    [['push', '--quiet', `${HOST}/app:1`]],
    [['image', 'push', `${HOST}/app:1`]],
    [['pull', `${HOST}/app@sha256:${'0'.repeat(64)}`]],
    [['image', 'inspect', '--format', '{{.Id}}', `${HOST}/app:1`]],
    [['rmi', '-f', `${HOST}/app:1`]],
    [['images', '--filter', `reference=${HOST}/*`]],
    [['--log-level', 'debug', 'push', `${HOST}/app:1`]],
  ])('%j', (args, replaced = [HOST]) => {
    const longest = [...replaced].sort((a, b) => b.length - a.length);
    const expected = args.map((arg) => longest.reduce((text, name) => text.replace(name, LOCAL), arg));
    expect(given(...args)).toEqual(expected);
  });

  test.each([
    [['build', '--label', `base=${HOST}/base:1`, '--label', `${HOST}/x`, '.']],
    [['build', '--secret', `id=${HOST}`, '.']],
    [['tag', 'app', `example.org/${HOST}/app`]],
    [['pull', `${HOST}.example.org/app`]],
    [['exec', 'app', 'echo', HOST]],
    [['buildx', 'create', '--use', '--driver-opt', `image=example.org/${HOST}/buildkit`]],
  ])('in %j it is text, and stays', (args) => {
    expect(given(...args)).toEqual(args);
  });

  test.each([
    [['run', '--rm', '-it', '-e', 'A=b', '-p80:80'], ['env']],
    [['run', '--env', `A=${HOST}/b`, '-itp', '80:80', '--memory=1g'], [`${HOST}/c`]],
    [['create', '--name', 'x'], []],
  ])('of %j only the image is a name, and the container goes with the run', (before, after) => {
    expect(given(...before, `${HOST}/app:1`, ...after)).toEqual(
      labelled([...before, `${LOCAL}/app:1`, ...after]),
    );
    expect(given(...before, 'alpine', ...after)).toEqual(labelled([...before, 'alpine', ...after]));
  });

  test("another account's registry is refused, so that nothing reaches real AWS", () => {
    realDocker('echo reached');
    const other = '210987654321.dkr.ecr.eu-west-1.amazonaws.com';
    for (const args of [
      ['pull', `${other}/app:1`],
      ['build', '--tag', `${other}/app:1`, '.'],
      ['run', `${other}/app:1`],
    ]) {
      expect(run(args)).toEqual({
        status: 1,
        out: '',
        err: `docker: ${other}: the emulated AWS has one registry, ${HOST}\n`,
      });
    }
  });
});

test('where no AWS is emulated, images are built as they are named, and none of ECR is reached', () => {
  settings({ host: undefined });
  expect(given('build', '--tag', 'app:1', '.')).toEqual(['build', '--tag', 'app:1', '.']);
  expect(run(['pull', `${HOST}/app`])).toMatchObject({
    status: 1,
    err: `docker: ${HOST}: no AWS is emulated here; simulate push and simulate serve do that\n`,
  });
  realDocker(`printf '${LOCAL}'`);
  expect(run(['push', 'x']).out).toBe(LOCAL);
});

describe('the images that a Dockerfile names', () => {
  const DOCKERFILE = `# syntax=${HOST}/frontend:1
ARG BASE=${HOST}/base:1
FROM --platform=linux/amd64 ${HOST}/base:1 AS first
RUN echo "${HOST}/app" >/registry
COPY --from=${HOST}/tools:1 /bin/tool /bin/
LABEL base=${HOST}/base:1
`;
  const TRANSLATED = `# syntax=${LOCAL}/frontend:1
ARG BASE=${LOCAL}/base:1
FROM --platform=linux/amd64 ${LOCAL}/base:1 AS first
RUN echo "${HOST}/app" >/registry
COPY --from=${LOCAL}/tools:1 /bin/tool /bin/
LABEL base=${HOST}/base:1
`;
  // Takes what docker would read.
  const TAKES = `for arg; do [ "$last" = --file ] && { cat "$arg" >"$OUT/read"; cp "$arg.dockerignore" "$OUT" 2>/dev/null; }; last=$arg; done; echo "$@" >"$OUT/args"`;
  const read = (name: string): string => readFileSync(path.join(directory, name), 'utf8');

  beforeEach(() => realDocker(`OUT='${directory}'\n${TAKES}`));

  test.each([
    ['the default one', 'Dockerfile', ['build', '.']],
    ['one of another name', 'deploy/App.Dockerfile', ['build', '-f', 'deploy/App.Dockerfile', '.']],
    ['with the context first', 'deploy/App.Dockerfile', ['build', '.', '--file=deploy/App.Dockerfile']],
  ])('%s is read with them translated, and is not changed itself', (_, name, args) => {
    mkdirSync(path.join(context, 'deploy'));
    writeFileSync(path.join(context, name), DOCKERFILE);
    writeFileSync(path.join(context, `${name}.dockerignore`), '*\n');

    expect(run(args)).toEqual({ status: 0, out: '', err: '' });

    expect(read('read')).toBe(TRANSLATED);
    expect(read('Dockerfile.dockerignore')).toBe('*\n');
    expect(readFileSync(path.join(context, name), 'utf8')).toBe(DOCKERFILE);
    expect(read('args')).toMatch(/^build --file \S+\/docker-build-\w+\/Dockerfile \.\n$/);
    // Nothing of it is left.
    const [, copy = ''] = /--file (\S+)/.exec(read('args')) ?? [];
    expect(existsSync(copy)).toBe(false);
  });

  test('one without any is left where it is', () => {
    writeFileSync(path.join(context, 'Dockerfile'), 'FROM scratch\n');
    run(['build', '-t', 'x', '.']);
    expect(read('args')).toBe('build -t x .\n');
  });

  test('one from the standard input, with a context or as the context, is translated too', () => {
    run(['build', '-f', '-', '.'], DOCKERFILE);
    expect(read('read')).toBe(TRANSLATED);

    realDocker(`cat >'${directory}/input'`);
    run(['build', '-'], DOCKERFILE);
    expect(read('input')).toBe(TRANSLATED);
  });

  test('an archive for context reaches docker byte by byte', () => {
    realDocker(`cat >'${directory}/input'`);
    const archive = `FROM ${HOST}/base\n\0\xff\x80`;
    run(['build', '-'], archive);
    expect(readFileSync(path.join(directory, 'input'), 'latin1')).toBe(archive);
  });

  test("one that starts from another account's image is refused", () => {
    writeFileSync(path.join(context, 'Dockerfile'), 'FROM 210987654321.dkr.ecr.eu-west-1.amazonaws.com/b\n');
    expect(run(['build', '.']).err).toContain('the emulated AWS has one registry');
    expect(existsSync(path.join(directory, 'args'))).toBe(false);
  });
});

describe('what docker says', () => {
  test("shows the account's registry, however the output is cut into pieces", () => {
    realDocker(`printf 'The push refers to repository [local'; sleep 0.1; printf 'host:34567/app]\\nto localhost:345678, loca'
      printf 'no login to localhost:34567' >&2`);
    expect(run(['push', 'x'])).toEqual({
      status: 0,
      out: `The push refers to repository [${HOST}/app]\nto localhost:345678, loca`,
      err: `no login to ${HOST}`,
    });
  });

  test('is not touched when it is the words of a program in a container, or a file', () => {
    for (const command of ['run', 'exec', 'logs', 'save', 'cp']) {
      realDocker(`printf 'listening on ${LOCAL}\\377'`);
      expect(run([command, 'x']).out).toBe(`listening on ${LOCAL}\xff`);
    }
  });

  test('comes with its exit code, and its standard input is what the build gives', () => {
    realDocker('read password; echo "got $password"; exit 3');
    expect(run(['login', '--password-stdin', HOST], 'secret\n')).toMatchObject({
      status: 3,
      out: 'got secret\n',
    });
  });

  test('a signal ends docker, and is what ends the wrapper', async () => {
    realDocker('trap "echo ended; exit 7" TERM; echo started; while :; do sleep 0.05; done');
    const args = [path.join(directory, 'docker.js'), 'build', '.'];
    const child = spawn(process.execPath, args, { cwd: context, env: { PATH: process.env.PATH } });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out === 'started\n') child.kill('SIGTERM');
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, out }).toEqual({ code: 7, out: 'started\nended\n' });

    realDocker('kill -KILL $$');
    expect(run(['build', '.']).status).toBeNull();
  });
});

describe('the configuration of docker', () => {
  const config = (): string => path.join(directory, 'home/.docker/config.json');

  test("has an entry before the first login, or docker would take the user's keychain", () => {
    realDocker('');
    run(['login', HOST]);
    expect(JSON.parse(readFileSync(config(), 'utf8'))).toEqual({ auths: { [LOCAL]: {} } });
  });

  test("is left alone where the build has one, and the user's plug-ins are found", () => {
    realDocker('');
    const plugins = path.join(directory, 'plugins');
    mkdirSync(plugins);
    writeFileSync(path.join(plugins, 'docker-buildx'), '');
    settings({ plugins });
    mkdirSync(path.join(directory, 'home/.docker'));
    writeFileSync(config(), '{"auths":{"example.org":{}}}');

    expect(run(['push', 'x']).status).toBe(0);
    expect(run(['push', 'x']).status).toBe(0);

    expect(readFileSync(config(), 'utf8')).toBe('{"auths":{"example.org":{}}}');
    expect(existsSync(path.join(directory, 'home/.docker/cli-plugins/docker-buildx'))).toBe(true);
  });
});

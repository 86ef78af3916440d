import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Engine } from '../../../tools/simulator/standins/docker/engine';
import { Tools } from '../../../tools/simulator/standins/tools';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-engine-test-'));
  mkdirSync(path.join(directory, 'bin'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/**
 * A client with an engine behind it.
 *
 * @param engine `answers`: to `docker version`; `pulls`: asks the registry that it is told to pull from
 */
function docker(engine: { answers?: boolean; pulls?: boolean; context?: string }): void {
  const script = `#!/bin/sh
env | sort >'${directory}/'"$1"
case "$1" in
version) ${engine.answers ? 'echo 27.5.1' : 'echo "Cannot connect to the Docker daemon" >&2; exit 1'} ;;
context) ${engine.context ? `echo '${engine.context}'` : 'exit 1'} ;;
pull) ${engine.pulls ? `for name; do :; done; '${process.execPath}' -e 'fetch("http://" + process.argv[1].replace("/", "/v2/"))' "$name"` : ':'}; exit 1 ;;
esac
`;
  writeFileSync(path.join(directory, 'bin/docker'), script, { mode: 0o755 });
}

const user = (more: object = {}): Record<string, string> => ({
  PATH: `${path.join(directory, 'bin')}:/usr/bin:/bin`,
  HOME: path.join(directory, 'home'),
  ...more,
});

/** What the client saw of the environment, when it was called for `command`. */
const seen = (command: string): string => readFileSync(path.join(directory, command), 'utf8');

test('an engine that answers, and reaches ports of this machine, is used where the user has it', async () => {
  docker({ answers: true, pulls: true });
  const env = user({ DOCKER_HOST: 'unix:///run/user/1000/docker.sock', DOCKER_API_VERSION: '1.41' });

  const engine = await Engine.find(env);

  expect(engine).toMatchObject({
    client: path.join(directory, 'bin/docker'),
    version: '27.5.1',
    environment: { DOCKER_HOST: 'unix:///run/user/1000/docker.sock', DOCKER_API_VERSION: '1.41' },
    plugins: undefined,
  });
  expect(seen('version')).toContain('DOCKER_HOST=unix:///run/user/1000/docker.sock\n');
});

test("the context in use tells where the engine is, and nothing else of the user's configuration is read", async () => {
  docker({ answers: true, pulls: true, context: 'unix:///home/dev/.docker/desktop/docker.sock' });
  mkdirSync(path.join(directory, 'home/.docker/cli-plugins'), { recursive: true });

  const engine = await Engine.find(user({ DOCKER_CONTEXT: 'desktop-linux', AWS_PROFILE: 'production' }));

  expect(engine).toMatchObject({
    environment: { DOCKER_HOST: 'unix:///home/dev/.docker/desktop/docker.sock' },
    plugins: path.join(directory, 'home/.docker/cli-plugins'),
  });
  expect(seen('context')).toContain('DOCKER_CONTEXT=desktop-linux\n');
  for (const command of ['version', 'pull']) {
    expect(seen(command)).toContain('DOCKER_CONFIG=/nonexistent\n');
    expect(seen(command)).not.toMatch(/^HOME=|^DOCKER_CONTEXT=|production/m);
  }
});

test.each([
  ['no docker', undefined, 'docker is not on the PATH'],
  ['no engine behind it', {}, 'no engine answers at tcp://192.0.2.1:2376'],
  [
    'an engine in a virtual machine, which cannot reach the emulated registry',
    { answers: true },
    'the engine at tcp://192.0.2.1:2376 cannot reach ports of this machine: it runs on another, or in a virtual one',
  ],
])('with %s the reason is told', async (_, engine, reason) => {
  if (engine) docker(engine);
  const env = user({ DOCKER_HOST: 'tcp://192.0.2.1:2376' });
  expect(await Engine.find(engine ? env : { ...env, PATH: '/nonexistent' })).toBe(reason);
});

describe('the tools of a build', () => {
  const host = (): Record<string, string> => ({
    PATH: process.env.PATH ?? '',
    PIP_INDEX_URL: 'http://localhost:9',
  });

  test('without an engine docker is played, which is said, and refused to who requires the real one', async () => {
    docker({});
    const { kinds, simulated, engine } = await Tools.detect(host(), [], user());
    expect(kinds.docker).toBe('simulated');
    expect(simulated).toContain(
      'docker: no engine answers; Dockerfiles and contexts are checked, no image is built or run',
    );
    expect(engine).toBeUndefined();

    await expect(Tools.detect(host(), ['docker'], user())).rejects.toThrow(
      /^--require docker: only the stand-in is there \(docker: no engine answers; .*\)$/,
    );
  });

  test('with one docker is real, nothing of it is called simulated, and a build finds the engine', async () => {
    docker({ answers: true, pulls: true });
    const tools = await Tools.detect(host(), ['docker'], user({ DOCKER_HOST: 'unix:///x.sock' }));
    expect(tools.kinds.docker).toBe('real');
    expect(tools.simulated.filter((line) => line.startsWith('docker'))).toEqual([]);

    const registry = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
    const tool = path.join(directory, 'tools');
    const installed = await tools.install(tool, 'http://localhost:4566/_simulator/docker', host(), registry);

    expect(installed).toMatchObject({ DOCKER_HOST: 'unix:///x.sock' });
    expect(installed.PATH?.split(':')[0]).toBe(path.join(tool, 'bin'));
    expect(JSON.parse(readFileSync(path.join(tool, 'wrapper.json'), 'utf8'))).toEqual({
      docker: path.join(directory, 'bin/docker'),
      host: registry,
      local: 'localhost:4566',
      label: tools.engine?.label,
    });
  });
});

import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../tools/command';
import { startEmulator, useEmulator } from '../../tools/simulator/emulator';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'mangoo-emulator-test-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const never = new AbortController().signal;
const silent = (): void => undefined;

async function program(name: string, script: string): Promise<void> {
  await mkdir(path.join(directory, 'bin'), { recursive: true });
  const file = path.join(directory, 'bin', name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

/** Whether any process of the group is alive. */
function alive(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

async function gone(group: number): Promise<void> {
  while (alive(group)) await delay(20);
}

describe('moto', () => {
  test('it answers on a free port, and nothing of it stays behind', async () => {
    const emulator = await startEmulator({ env: process.env, signal: never, note: silent });
    expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${emulator.url}/moto-api/data.json`)).status).toBe(200);

    await emulator.stop();

    await gone(emulator.pid ?? 0);
    await expect(fetch(emulator.url)).rejects.toThrow();
  });

  test('an interrupted run takes it along', async () => {
    const controller = new AbortController();
    const emulator = await startEmulator({ env: process.env, signal: controller.signal, note: silent });

    controller.abort();

    await gone(emulator.pid ?? 0);
  });

  test('it ends with the simulator even when that is killed', async () => {
    const script = `
      const { startEmulator } = require(${JSON.stringify(path.resolve('tools/simulator/emulator.ts'))});
      startEmulator({ env: process.env, signal: new AbortController().signal, note: () => {} })
        .then((emulator) => console.log(emulator.pid));
    `;
    const child = spawn(process.execPath, ['-r', 'ts-node/register/transpile-only', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const group = await new Promise<number>((resolve) => {
      child.stdout.on('data', (text: Buffer) => resolve(Number(text.toString())));
    });
    expect(alive(group)).toBe(true);

    child.kill('SIGKILL');

    await gone(group);
  });

  test("the user's AWS settings do not reach it", async () => {
    await program('moto_server', `env > ${directory}/env; echo ' * Running on http://127.0.0.1:1'; sleep 60`);
    const env = {
      PATH: `${directory}/bin:/usr/bin:/bin`,
      AWS_ACCESS_KEY_ID: 'AKIAREAL',
      AWS_PROFILE: 'production',
      AWS_ENDPOINT_URL: 'http://elsewhere',
    };

    const emulator = await startEmulator({ env, signal: never, note: silent });
    await emulator.stop();

    const seen = await readFile(path.join(directory, 'env'), 'utf8');
    expect(seen).toContain('MOTO_IAM_LOAD_MANAGED_POLICIES=true');
    expect(seen).not.toMatch(/^AWS_(?!SDK_JS_NODE)|AKIAREAL/m);
  });
});

describe("moto's state", () => {
  const state = (): string => path.join(directory, 'moto-0.pickle');

  test('a moto that runs without our part is told in one line, and runs', async () => {
    const notes: string[] = [];
    await program('moto_server', `unset PYTHONPATH; PATH='${process.env.PATH}'; exec moto_server "$@"`);
    const env = { ...process.env, PATH: `${directory}/bin:${process.env.PATH}` };
    const start = () =>
      startEmulator({ env, state: state(), signal: never, note: (line) => notes.push(line) });

    const emulator = await start();
    await emulator.stop();

    expect(emulator.save).toBeUndefined();
    expect(notes).toEqual(["this moto's state cannot be kept: only what the simulator itself holds is"]);
    await writeFile(state(), 'of another moto');
    await expect(start()).rejects.toThrow(/moto-0\.pickle: this moto cannot take it up \(it runs without/);
  });

  test('a service that cannot be pickled is named once, and the others are kept', async () => {
    const emulator = await startEmulator({ env: process.env, state: state(), signal: never, note: silent });
    const ask = async (url: string, service: string, path: string): Promise<string> => {
      const authorization = `AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
      return (await fetch(`${url}${path}`, { headers: { authorization } })).text();
    };
    await ask(emulator.url, 'lambda', '/2015-03-31/functions/');
    await ask(emulator.url, 'iam', '/?Action=CreateUser&UserName=me&Version=2010-05-08');

    const first = await emulator.save?.(1);
    const second = await emulator.save?.(2);
    await emulator.stop();

    expect(first).toEqual([expect.stringMatching(/^moto's lambda cannot be kept: .*WeakValueDictionary/)]);
    expect(second).toEqual([]);
    const file = path.join(directory, 'moto-2.pickle');
    const next = await startEmulator({ env: process.env, state: file, signal: never, note: silent });
    expect(await ask(next.url, 'iam', '/?Action=ListUsers&Version=2010-05-08')).toContain('>me<');
    await next.stop();
  });
});

describe('no moto', () => {
  test('it is installed into the cache directory, whole or not at all', async () => {
    const notes: string[] = [];
    await program('python3', `mkdir -p "$3/bin"; cp ${directory}/pip "$3/bin/pip"`);
    const server = "#!/bin/sh\necho ' * Running on http://127.0.0.1:1'; sleep 60\n";
    await writeFile(path.join(directory, 'server'), server, { mode: 0o755 });
    const pip = `#!/bin/sh\necho "$@" > ${directory}/asked\ncp ${directory}/server "$(dirname "$0")/moto_server"\n`;
    await writeFile(path.join(directory, 'pip'), pip, { mode: 0o755 });
    const env = { PATH: `${directory}/bin:/usr/bin:/bin`, HOME: directory };
    const start = () => startEmulator({ env, signal: never, note: (line) => notes.push(line) });

    await (await start()).stop();
    await (await start()).stop();

    expect(await readFile(path.join(directory, 'asked'), 'utf8')).toContain('moto[server]==5.2.1');
    expect(notes).toEqual([
      `moto_server is not on the PATH: installing moto[server]==5.2.1 into ${directory}/.cache/mangoo-simulator/moto-5.2.1`,
    ]);
  });

  test('where it cannot be installed, one line says how to get it, and no half of it is left', async () => {
    await program('python3', 'echo "No module named venv" >&2; exit 1');
    const env = { PATH: `${directory}/bin:/usr/bin:/bin`, XDG_CACHE_HOME: path.join(directory, 'cache') };

    const start = startEmulator({ env, signal: never, note: silent });

    await expect(start).rejects.toThrow(UserError);
    await expect(start).rejects.toThrow(
      "moto_server: not on the PATH, and installing it failed (No module named venv); get it with: pip install 'moto[server]'",
    );
    expect(await readdir(path.join(directory, 'cache', 'mangoo-simulator'))).toEqual([]);
  });

  test('one that does not start says why', async () => {
    await program('moto_server', 'echo "ImportError: no flask" >&2; exit 1');
    const env = { PATH: `${directory}/bin:/usr/bin:/bin` };

    await expect(startEmulator({ env, signal: never, note: silent })).rejects.toThrow(
      /moto_server: ended: ImportError: no flask; get it with/,
    );
  });

  test('--endpoint-url with nothing behind it is told in one line', async () => {
    await expect(useEmulator('http://127.0.0.1:1')).rejects.toThrow(
      '--endpoint-url http://127.0.0.1:1: no emulator answers there; start it, or leave the option out',
    );
  });

  test('a web server is no emulator, so that no deployment fails on it later with an error about something else', async () => {
    const server = createServer((_request, response) => response.end('<h1>It works!</h1>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await expect(useEmulator(url)).rejects.toThrow(
        `--endpoint-url ${url}: what answers there is no emulator of AWS (it does not know STS's GetCallerIdentity); start one, or leave the option out`,
      );
    } finally {
      server.close();
    }
  });
});

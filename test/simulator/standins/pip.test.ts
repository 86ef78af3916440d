import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const STANDIN = path.join(__dirname, '../../../tools/simulator/standins/python');
let directory: string;

beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'mangoo-pip-test-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function pip(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
  return new Promise((resolve) => {
    // Its record lies in sys.prefix, which -X and PYTHONHOME cannot move: -c sets it.
    const program =
      'import sys, runpy; sys.prefix = sys.argv.pop(1); runpy.run_module("pip", run_name="__main__")';
    execFile(
      'python3',
      ['-B', '-c', program, directory, ...args],
      { cwd: directory, env: { PATH: process.env.PATH, PYTHONPATH: STANDIN } },
      (error, out, err) => resolve({ exit: error ? Number(error.code) : 0, out, err }),
    );
  });
}

function requirements(text: string, file = 'requirements.txt'): void {
  writeFileSync(path.join(directory, file), text);
}

test('requirements are read with what they include, and each is told whether this machine has it', async () => {
  requirements(
    '-r more.txt\nfastapi[standard]==0.115.0 ; python_version >= "3.8"  # the shell\nhttpx>=0.27\n',
  );
  requirements('no-such-package-anywhere==1.0 \\\n  --hash=sha256:00\n', 'more.txt');
  const { exit, out } = await pip('install', '--requirement', 'requirements.txt');
  expect(exit).toBe(0);
  expect(out).toContain('(simulated) no-such-package-anywhere==1.0: not on this machine, not downloaded\n');
  expect(out).toContain('httpx>=0.27:');
  expect(out).toMatch(/httpx>=0\.27: .*WARNING: not pinned with ==/);
  expect(out).toContain(
    '(simulated) 3 requirements are well-formed; no package index answers, so nothing was downloaded',
  );
  expect((await pip('freeze')).out).toBe('fastapi==0.115.0\nhttpx>=0.27\nno-such-package-anywhere==1.0\n');
});

test('a requirement that pip could not read is told with its line', async () => {
  requirements('pydantic==2.0\nfast api\n');
  const { exit, err } = await pip('install', '-r', 'requirements.txt');
  expect(exit).toBe(1);
  expect(err).toBe("ERROR: Invalid requirement: 'fast api' (from line 2 of requirements.txt)\n");
});

test('a file that is not there is told by name', async () => {
  expect((await pip('install', '-r', 'missing.txt')).err).toBe(
    "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'missing.txt'\n",
  );
});

test('a file without requirements is no error, nothing at all is', async () => {
  requirements('# nothing yet\n');
  expect((await pip('install', '-r', 'requirements.txt')).exit).toBe(0);
  expect((await pip('install')).exit).toBe(1);
});

test('what is not played fails and says so', async () => {
  expect(await pip('wheel', '.')).toMatchObject({ exit: 1, err: "ERROR: 'pip wheel' is not simulated\n" });
});

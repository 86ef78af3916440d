import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Tools } from '../../../tools/simulator/standins/tools';

const exec = promisify(execFile);

let directory: string;
let server: Server;
let url: string;
let installed: Record<string, string>;

beforeAll(async () => {
  // A home that no shell may read as anything but a name.
  directory = path.join(mkdtempSync(path.join(tmpdir(), 'tools-test-')), "it's $(touch owned) $&");
  mkdirSync(directory);
  writeFileSync(path.join(directory, 'Dockerfile'), 'FROM scratch\n');
  const host = { PATH: process.env.PATH ?? '', PIP_INDEX_URL: 'http://localhost:9' };
  const tools = await Tools.detect(host, [], { PATH: '/nonexistent' });
  server = createServer((request, response) => void tools.route(request, response));
  server.listen(0, 'localhost');
  await once(server, 'listening');
  url = `http://localhost:${(server.address() as AddressInfo).port}/docker`;
  installed = await tools.install(path.join(directory, 'tools'), url, host);
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(path.dirname(directory), { recursive: true, force: true });
});

function run(build: string, file: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, ...installed, CODEBUILD_BUILD_ID: build };
  return exec(file, args, { cwd: directory, env });
}

test('two builds at once never push each other’s image: each has an engine of its own', async () => {
  await run('p:1', 'docker', 'build', '--tag', 'web', '.');

  expect((await run('p:1', 'docker', 'images')).stdout).toContain('web:latest');
  expect((await run('p:2', 'docker', 'images')).stdout).not.toContain('web');
  await expect(run('p:2', 'docker', 'push', 'web')).rejects.toThrow('No such image: web:latest');
});

test('a page in a browser, or another user, has no docker played: the token is in a file of the owner alone', async () => {
  const question = JSON.stringify({ args: ['build', '.'], cwd: directory, stdin: '', build: '' });
  for (const guess of [url, `${url}/`, `${url}/guess`]) {
    expect((await fetch(guess, { method: 'POST', body: question })).status).toBe(403);
  }
  const settings = path.join(directory, 'tools', 'shim.json');
  expect(statSync(settings).mode & 0o077).toBe(0);
  const { url: known } = JSON.parse(readFileSync(settings, 'utf8')) as { url: string };
  expect(readFileSync(path.join(directory, 'tools/bin/docker'), 'utf8')).not.toContain(known);
  expect((await fetch(known, { method: 'POST', body: question })).status).toBe(200);
});

test('a directory whose name a shell would run is a name', async () => {
  expect((await run('p:1', 'docker', '--version')).stdout).toContain('simulated');
  expect((await run('p:1', 'python3', '-c', 'print(6 * 7)')).stdout).toBe('42\n');
  expect(existsSync(path.join(directory, 'owned'))).toBe(false);
});

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeZip, type ZipEntry } from '../../../tools/simulator/codebuild/zip';

let directory: string;
let zip: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'zip-'));
  zip = path.join(directory, 'artifact.zip');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: string | Buffer): ZipEntry {
  const absolutePath = path.join(directory, 'files', name);
  mkdirSync(path.dirname(absolutePath), { recursive: true });
  writeFileSync(absolutePath, content);
  return { path: name, absolutePath };
}

/** What Python makes of the file: a reader that others wrote. */
function python(program: string): string {
  return execFileSync(
    'python3',
    ['-c', `import sys, zipfile; z = zipfile.ZipFile(sys.argv[1])\n${program}`, zip],
    {
      encoding: 'utf8',
    },
  ).trim();
}

test('other tools read the artifact: names, contents of any size, times and permissions', async () => {
  const script = file('bin/start', '#!/bin/sh\n');
  chmodSync(script.absolutePath, 0o755);
  utimesSync(script.absolutePath, 0, new Date(2024, 1, 29, 13, 37, 58).getTime() / 1000);
  const large = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
  await writeZip(zip, [script, file('empty', ''), file('größe/日本.bin', large)], false);

  expect(execFileSync('python3', ['-m', 'zipfile', '-t', zip], { encoding: 'utf8' })).toBe('Done testing\n');
  expect(python('print(z.namelist())')).toBe("['bin/start', 'empty', 'größe/日本.bin']");
  expect(python("i = z.getinfo('bin/start'); print(oct(i.external_attr >> 16), i.date_time)")).toBe(
    '0o100755 (2024, 2, 29, 13, 37, 58)',
  );
  expect(python("import hashlib; print(z.getinfo('empty').file_size, len(z.read('größe/日本.bin')))")).toBe(
    '0 300000',
  );
  execFileSync('python3', ['-m', 'zipfile', '-e', zip, path.join(directory, 'out')]);
  expect(readFileSync(path.join(directory, 'out/größe/日本.bin')).equals(large)).toBe(true);
});

test('a link is the file it leads to, unless links are asked for', async () => {
  const app = file('app-1.js', 'content');
  const link = { path: 'app.js', absolutePath: path.join(directory, 'files/app.js') };
  symlinkSync('app-1.js', link.absolutePath);
  const show = "i = z.getinfo('app.js'); print(oct(i.external_attr >> 28), z.read('app.js').decode())";

  await writeZip(zip, [app, link], false);
  expect(python(show)).toBe('0o10 content');

  await writeZip(zip, [app, link], true);
  expect(python(show)).toBe('0o12 app-1.js');
});

test('a file that cannot be read is an error, never half an artifact', async () => {
  await expect(
    writeZip(zip, [file('a', 'a'), { path: 'b', absolutePath: path.join(directory, 'b') }], false),
  ).rejects.toThrow('ENOENT');
});

test('more files than a ZIP holds are refused, so that none is missing from it', async () => {
  const entry = file('a', 'a');

  await expect(
    writeZip(
      zip,
      Array.from({ length: 65_536 }, () => entry),
      false,
    ),
  ).rejects.toThrow('65536 files: a ZIP holds 65535');
});

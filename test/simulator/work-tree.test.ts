import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { copyWorkTree } from '../../tools/simulator/work-tree';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'mangoo-work-tree-test-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

test.each(['spaces and \'quotes"', 'ümläute', '100%41', '#hash?', '$HOME'])(
  'a source in a directory named %j is copied with its history, as one elsewhere',
  async (name) => {
    const source = path.join(directory, name);
    const target = path.join(directory, 'target');
    await Promise.all([mkdir(source), mkdir(target)]);
    await writeFile(path.join(source, 'buildspec.yml'), 'version: 0.2\n');
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], {
        cwd: source,
      }).toString();
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'one');

    expect(await copyWorkTree(source, target)).toBe(git('rev-parse', 'HEAD').trim());
    expect((await readdir(target)).sort()).toEqual(['.git', 'buildspec.yml']);
  },
);

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { CacheSpec } from '../../../tools/buildspec/buildspec';
import { Cache } from '../../../tools/simulator/engine/cache';
import { directory, removeDirectories } from './harness';

afterAll(removeDirectories);

/** A build with its own source and home, on a cache that others may share. */
class OneBuild {
  readonly source = directory();
  readonly home = directory();
  readonly log: string[] = [];

  constructor(private readonly caches: string) {}

  file(name: string, content: string): string {
    const file = path.resolve(this.source, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  read(name: string): string {
    return readFileSync(path.resolve(this.source, name), 'utf8');
  }

  async cache(paths: readonly string[], spec: Partial<CacheSpec> = {}): Promise<Cache> {
    const cache = await Cache.open(
      { paths, fallbackKeys: [], ...spec },
      {
        directory: this.caches,
        keyed: true,
        source: this.source,
        home: this.home,
        evaluate: (text) => Promise.resolve(text),
        log: (line) => this.log.push(line),
      },
    );
    if (!cache) throw new Error('no cache');
    return cache;
  }
}

/** The copies that are kept, whole or not. */
function kept(caches: string): string[] {
  return readdirSync(caches).flatMap((version) => readdirSync(path.join(caches, version)));
}

describe('what is not the build’s is left alone', () => {
  test.each(['/var/lib/x/**/*', '../../secrets/**/*', '../sibling.txt', '/root/../etc/**/*'])(
    '%s is refused with a line that says so',
    async (written) => {
      const build = new OneBuild(directory());

      await expect(build.cache([written])).rejects.toThrow('no cache');

      expect(build.log).toContain(
        `(simulated) ${written} is not cached: it is outside of the source and of /root`,
      );
    },
  );

  test('a link in the repository that leads out of it is not followed, so that a restore cannot write there', async () => {
    const caches = directory();
    const first = new OneBuild(caches);
    first.file('vendor/lib/code', 'cached');
    await (await first.cache(['vendor/**/*'])).save();

    const outside = directory();
    writeFileSync(path.join(outside, 'code'), 'mine');
    const second = new OneBuild(caches);
    mkdirSync(path.join(second.source, 'vendor'));
    symlinkSync(outside, path.join(second.source, 'vendor/lib'));
    await (await second.cache(['vendor/**/*'])).restore();

    expect(readdirSync(outside)).toEqual(['code']);
    expect(readFileSync(path.join(outside, 'code'), 'utf8')).toBe('mine');
    expect(second.log).toContain(
      `Skipping cache entry: path "${second.source}/vendor/lib" is not within allowed cache paths`,
    );
  });

  test('nor is a link in the place of a file, or of the directory that is cached', async () => {
    const caches = directory();
    const first = new OneBuild(caches);
    first.file('a/file', 'cached');
    first.file('b/file', 'cached');
    await (await first.cache(['a/**/*', 'b/**/*'])).save();

    const outside = directory();
    const mine = path.join(outside, 'file');
    writeFileSync(mine, 'mine');
    const second = new OneBuild(caches);
    mkdirSync(path.join(second.source, 'a'));
    symlinkSync(mine, path.join(second.source, 'a/file'));
    symlinkSync(outside, path.join(second.source, 'b'));
    await (await second.cache(['a/**/*', 'b/**/*'])).restore();

    expect(readFileSync(mine, 'utf8')).toBe('mine');
    expect(second.read('a/file')).toBe('cached');
    expect(lstatSync(path.join(second.source, 'a/file')).isSymbolicLink()).toBe(false);
  });

  test('a cached link stays a link, and what it leads to is not taken along', async () => {
    const caches = directory();
    const outside = directory();
    writeFileSync(path.join(outside, 'secret'), 'mine');
    const first = new OneBuild(caches);
    first.file('deps/file', 'cached');
    symlinkSync(outside, path.join(first.source, 'deps/link'));
    await (await first.cache(['deps/**/*'])).save();

    const second = new OneBuild(caches);
    await (await second.cache(['deps/**/*'])).restore();

    expect(readlinkSync(path.join(second.source, 'deps/link'))).toBe(outside);
  });
});

test('a restored file has the time and permissions it had, so that make and npm do not do it anew', async () => {
  const caches = directory();
  const first = new OneBuild(caches);
  const file = first.file('bin/tool', 'x');
  utimesSync(file, 1_000_000, 1_000_000);
  writeFileSync(file, 'x', { mode: 0o755 });
  utimesSync(file, 1_000_000, 1_000_000);
  await (await first.cache(['bin/**/*'])).save();

  const second = new OneBuild(caches);
  await (await second.cache(['bin/**/*'])).restore();

  const found = statSync(path.join(second.source, 'bin/tool'));
  expect([found.mtimeMs, found.mode]).toEqual([1_000_000_000, statSync(file).mode]);
});

test('builds that save at once leave whole copies, so that the next one finds one of them', async () => {
  const caches = directory();
  const builds = ['1', '2', '3', '4'].map((content) => {
    const build = new OneBuild(caches);
    for (let i = 0; i < 50; i += 1) build.file(`deps/${i}`, content);
    return build;
  });
  await Promise.all(builds.map(async (build) => (await build.cache(['deps/**/*'])).save()));
  await Promise.all(builds.map(async (build) => (await build.cache(['deps/**/*'], { key: 'k' })).save()));

  for (const spec of [{}, { key: 'k' }]) {
    const next = new OneBuild(caches);
    await (await next.cache(['deps/**/*'], spec)).restore();
    const contents = new Set(Array.from({ length: 50 }, (_, i) => next.read(`deps/${i}`)));
    expect(contents.size).toBe(1);
  }
  expect(kept(caches).filter((name) => name.startsWith('partial-'))).toEqual([]);
});

test('a save that was killed loses nothing and leaves nothing behind', async () => {
  const caches = directory();
  const first = new OneBuild(caches);
  first.file('deps/file', 'whole');
  await (await first.cache(['deps/**/*'])).save();
  const [version = ''] = readdirSync(caches);
  // The process ids of Linux end at 2^22.
  const partial = path.join(caches, version, 'partial-4194305-x');
  mkdirSync(path.join(partial, 'source/deps'), { recursive: true });
  writeFileSync(path.join(partial, 'source/deps/file'), 'half');

  const second = new OneBuild(caches);
  const cache = await second.cache(['deps/**/*']);
  await cache.restore();
  expect(second.read('deps/file')).toBe('whole');

  await cache.save();
  expect(existsSync(partial)).toBe(false);
});

test('caches without a key do not grow with every build', async () => {
  const caches = directory();
  for (let i = 0; i < 5; i += 1) {
    const build = new OneBuild(caches);
    build.file('deps/file', String(i));
    await (await build.cache(['deps/**/*'])).save();
  }

  expect(kept(caches)).toHaveLength(2);
});

import { packagesOf, requirementsOf } from '../../../tools/preflight/model/manifests';
import { treeOf } from './tree';

const locks = (files: Readonly<Record<string, string>>): unknown =>
  Object.fromEntries(packagesOf(treeOf(files)).map(({ path, lockFile }) => [path, lockFile]));

test('a package is read whole, with its lock file', () => {
  const text =
    '\uFEFF{"name":"a","scripts":{"build":"vite build"},"dependencies":{"x":"1"},"devDependencies":{"y":"2"},"engines":{"node":">=20"}}';
  expect(packagesOf(treeOf({ 'web/package.json': text, 'web/yarn.lock': '' }))).toEqual([
    {
      path: 'web/package.json',
      folder: 'web',
      name: 'a',
      scripts: { build: 'vite build' },
      dependencies: { x: '1' },
      devDependencies: { y: '2' },
      nodeEngine: '>=20',
      lockFile: 'web/yarn.lock',
    },
  ]);
});

test('the lock file of a workspace is that of its root, so that it is not called missing', () => {
  expect(
    locks({
      'package.json': '{"workspaces":["./packages/*","!packages/old"]}',
      'package-lock.json': '{}',
      'packages/a/package.json': '{}',
      'packages/old/package.json': '{}',
      'tools/package.json': '{}',
      'node_modules/x/package.json': '{}',
    }),
  ).toEqual({
    'package.json': 'package-lock.json',
    'packages/a/package.json': 'package-lock.json',
    'packages/old/package.json': undefined,
    'tools/package.json': undefined,
  });
  expect(
    locks({
      'mono/pnpm-workspace.yaml': 'packages:\n  - apps/**\n',
      'mono/pnpm-lock.yaml': '',
      'mono/apps/x/y/package.json': '{}',
    }),
  ).toEqual({ 'mono/apps/x/y/package.json': 'mono/pnpm-lock.yaml' });
});

test('what is not a package is none: broken JSON, a list, no text', () => {
  expect(packagesOf(treeOf({ 'a/package.json': '{', 'b/package.json': '[]', 'c/package.json': '' }))).toEqual(
    [],
  );
  expect(packagesOf(treeOf({ 'package.json': '{"scripts":[1],"dependencies":"x","engines":3}' }))).toEqual([
    expect.objectContaining({ scripts: {}, dependencies: {}, nodeEngine: undefined }),
  ]);
});

test.each<[string, string, boolean]>([
  ['fastapi==0.121.0', 'fastapi', true],
  ['Flask_SQLAlchemy === 3.0  # why', 'flask-sqlalchemy', true],
  ['uvicorn[standard]>=0.30,<1', 'uvicorn', false],
  ['requests', 'requests', false],
  ['boto3 ~= 1.34', 'boto3', false],
  ['numpy==1.*', 'numpy', false],
  ['pywin32==306 ; sys_platform == "win32"', 'pywin32', true],
  ['six==1.16.0 --hash=sha256:abc', 'six', true],
  ['six==1.16.0 \\\n  --hash=sha256:abc', 'six', true],
  ['pkg @ https://example.com/pkg.zip', 'pkg', false],
  ['pkg @ git+https://example.com/pkg@v1.0', 'pkg', true],
  ['-e git+https://example.com/x.git@abc#egg=My.Pkg', 'my-pkg', true],
  ['git+https://example.com/x.git#egg=x', 'x', false],
])('%j is a requirement', (text, name, pinned) => {
  expect(requirementsOf(treeOf({ 'requirements.txt': `# a\n\n${text}\r\n` }))[0]?.packages).toEqual([
    { name, line: 3, pinned },
  ]);
});

test.each([
  '--index-url https://x',
  '-c constraints.txt',
  '-e .',
  './wheels/a.whl',
  '# x',
  '--hash=sha256:a',
  '-i x',
])('%j is none', (text) => {
  expect(requirementsOf(treeOf({ 'requirements.txt': text }))[0]?.packages).toEqual([]);
});

test('files that include each other are read once each, so that a circle does not hang', () => {
  const found = requirementsOf(
    treeOf({
      'a/requirements-dev.txt':
        '-r base.in.txt\n-r ../../out.txt\n--requirement=requirements-dev.txt\npytest\n',
      'a/base.in.txt': '-r requirements-dev.txt\nflask\n',
      'notes.txt': 'x',
    }),
  );
  expect(
    found.map(({ path, packages, includes }) => [path, packages.map(({ name }) => name), includes]),
  ).toEqual([
    ['a/requirements-dev.txt', ['pytest'], ['a/base.in.txt', 'a/requirements-dev.txt']],
    ['a/base.in.txt', ['flask'], ['a/requirements-dev.txt']],
  ]);
});

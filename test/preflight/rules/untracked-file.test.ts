import { untrackedFile } from '../../../tools/preflight/rules/untracked-file';
import { type Changes, said } from '../example';

const build = (...commands: string[]): string =>
  `version: 0.2\nphases:\n  build:\n    commands:\n${commands.map((command) => `      - ${command}\n`).join('')}`;
const importing = (text: string, ignored: Changes['ignored'], file = 'frontend/src/app.ts'): string[] =>
  said(untrackedFile, { files: { [file]: text }, ignored });

test('a module that *.js hides from git is found, so that the build does not pass on this machine only', () => {
  expect(
    importing("import { a } from './legacy';\n", { 'frontend/src/legacy.js': '.gitignore:3:*.js' }),
  ).toEqual([
    'error frontend/src/app.ts:1 ./legacy needs frontend/src/legacy.js, which git does not have: .gitignore:3:*.js ignores it',
  ]);
});

test.each([
  "\nimport a from './new.js';",
  "\nexport * from './new';",
  "\nimport type { A } from './new';",
  "\nconst a = await import('./new');",
  "\nimport './new?raw';",
  "\nimport {\n  a,\n} from './new';",
])('a module that was never added is found: %j', (text) => {
  expect(importing(text, { 'frontend/src/new.ts': undefined })).toEqual([
    expect.stringMatching(
      /^error frontend\/src\/app.ts:[24] .* needs frontend\/src\/new.ts, which git does not have: it was never added$/,
    ),
  ]);
});

test("a folder that Python's rules ignore is found where TypeScript's source is in it", () => {
  expect(
    importing(
      "import { Stack } from '../lib/stack';\n",
      { 'cdk/lib/stack.ts': '.gitignore:17:lib/' },
      'cdk/bin/main.ts',
    ),
  ).toHaveLength(1);
});

test.each<[string, string, NonNullable<Changes['ignored']>]>([
  ['compiled beside its source', "import './a';", { 'frontend/src/a.js': '.gitignore:1:*.js' }],
  [
    'asked for by the name that it will have',
    "import './a.js';",
    { 'frontend/src/a.js': '.gitignore:1:*.js' },
  ],
  ['generated', "import './generated/api';", { 'frontend/src/generated/api.ts': '.gitignore:1:generated/' }],
  ['built', "import '../dist/index.js';", { 'frontend/dist/index.js': '.gitignore:1:dist/' }],
  [
    'fetched by a tool',
    "import './aws-exports';",
    { 'frontend/src/aws-exports.js': '.gitignore:1:aws-exports.js' },
  ],
  ['in a comment', "// import './new';\n/*\n * import './new';\n */", { 'frontend/src/new.ts': undefined }],
  ['allowed to be absent', "try { require('./local'); } catch {}", { 'frontend/src/local.js': undefined }],
  ['not on the disk', "import './nowhere';", {}],
  ['a package', "import 'new';", { 'frontend/src/new.ts': undefined }],
])('a module that is %s is none that was forgotten', (_, text, ignored) => {
  expect(
    said(untrackedFile, { files: { 'frontend/src/app.ts': text, 'frontend/src/a.ts': '' }, ignored }),
  ).toEqual([]);
});

test('a folder that a rule names by its path, or by a name of its own, was meant: the build may fill it', () => {
  const from = (rule: string): string[] =>
    importing("import './client/api';", { 'frontend/src/client/api.ts': `.gitignore:2:${rule}` }).map(
      (line) => line.split(' ')[0] ?? '',
    );
  expect(['src/client/', 'client', 'src/client/*.ts'].map(from)).toEqual([
    ['warning'],
    ['warning'],
    ['warning'],
  ]);
  expect(from('**/*.ts')).toEqual(['error']);
});

test('a folder that the CDK app makes an asset of is found where git has nothing of it', () => {
  const asset = (path: string): string[] =>
    importing(
      `new Function(this, 'F', { code: Code.fromAsset(${path}) });`,
      { 'cdk/lambda': undefined, 'cdk/dist': 'x:1:dist' },
      'cdk/lib/stack.ts',
    ).map((line) => line.split(',')[0] ?? '');
  const told = ['error cdk/lib/stack.ts:1 fromAsset needs cdk/lambda'];
  expect(asset("'lambda'")).toEqual(told);
  expect(asset("path.join(__dirname, '..', 'lambda')")).toEqual(told);
  expect(asset("join(__dirname, '../lambda/')")).toEqual(told);
  expect(asset("'dist'")).toEqual([]);
  expect(asset("'other'")).toEqual([]);
  expect(asset('folder')).toEqual([]);
});

test('a file that a rule names was meant: the build may make it, so it is a warning', () => {
  expect(
    importing("import c from './config.json';\n", {
      'frontend/src/config.json': '.gitignore:2:src/config.json',
    }),
  ).toEqual([expect.stringMatching(/^warning /)]);
  expect(
    said(untrackedFile, {
      files: { 'frontend/src/app.ts': "import c from './config.json';\n" },
      ignored: { 'frontend/src/config.json': '.gitignore:2:src/config.json' },
      buildspec: build('aws ssm get-parameter --name x > frontend/src/config.json'),
    }),
  ).toEqual([]);
});

test.each([
  'from .models import User',
  'from . import models',
  'from app.models import User',
  'import app.models',
  'from app import models',
])('a Python module that was never added is found: %s', (text) => {
  expect(importing(`${text}\n`, { 'backend/app/models.py': undefined }, 'backend/app/api.py')).toEqual([
    expect.stringMatching(
      /^error backend\/app\/api.py:1 .* needs backend\/app\/models.py, which git does not have/,
    ),
  ]);
});

test.each<[string, string]>([
  ['optional', 'try:\n    from .models import *\nexcept ImportError:\n    pass\n'],
  ['of the standard library', 'import models.x\nfrom models import y\n'],
  ['there', 'from app.main import app\nfrom . import main\n'],
])('a Python module that is %s is none that was forgotten', (_, text) => {
  expect(importing(text, { 'backend/app/models.py': undefined }, 'backend/app/api.py')).toEqual([]);
});

test('what a Dockerfile copies and git ignores is found, where the build does not make it', () => {
  const changes: Changes = {
    files: {
      'backend/Dockerfile': 'FROM scratch\nCOPY start.sh dist ./\nCOPY --from=x other.sh .\nCOPY *.txt .\n',
    },
    ignored: {
      'backend/start.sh': '.gitignore:9:*.sh',
      'backend/dist': '.gitignore:1:dist',
      'backend/other.sh': '.gitignore:9:*.sh',
    },
  };
  expect(said(untrackedFile, changes)).toEqual([
    'error backend/Dockerfile:2 COPY start.sh needs backend/start.sh, which git does not have: .gitignore:9:*.sh ignores it',
  ]);
  const model = {
    files: { 'backend/Dockerfile': 'FROM scratch\nCOPY model.bin .\n' },
    ignored: { 'backend/model.bin': '.gitignore:2:*.bin' },
  };
  // What is large is left out with intent, and fetched.
  expect(said(untrackedFile, model)).toEqual([expect.stringMatching(/^warning /)]);
  expect(
    said(untrackedFile, { ...changes, buildspec: build('make start.sh', 'docker build backend') }),
  ).toEqual([]);
});

test.each(['ci/new.sh', 'bash ci/new.sh --all', 'cd ci && ./new.sh'])(
  'a script that was never added is found: %s',
  (command) => {
    expect(said(untrackedFile, { buildspec: build(command), ignored: { 'ci/new.sh': undefined } })).toEqual([
      expect.stringMatching(/^error buildspec.yml:5 .* needs ci\/new.sh, which git does not have/),
    ]);
  },
);

test('a script that is nowhere may be made', () => {
  expect(said(untrackedFile, { buildspec: build('make', 'bash made.sh') })).toEqual([]);
});

test('requirements that were never added are found, and what a command only writes is not', () => {
  expect(
    said(untrackedFile, {
      buildspec: build('pip install -r dev.txt', 'cp a.txt b.txt'),
      ignored: { 'dev.txt': undefined, 'b.txt': undefined },
    }),
  ).toEqual([expect.stringMatching(/^error buildspec.yml:5 .* needs dev.txt/)]);
});

test('a configuration of TypeScript that extends what was never added is found', () => {
  expect(
    said(untrackedFile, {
      files: {
        'frontend/tsconfig.json':
          '{\n  // why\n  "extends": "../base",\n  "references": [{ "path": "./node" }]\n}',
      },
      ignored: { 'base.json': undefined, 'frontend/node/tsconfig.json': undefined },
    }).map((line) => line.split(' needs ')[1]?.split(',')[0]),
  ).toEqual(['base.json', 'frontend/node/tsconfig.json']);
});

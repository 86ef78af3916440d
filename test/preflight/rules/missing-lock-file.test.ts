import { missingLockFile } from '../../../tools/preflight/rules/missing-lock-file';
import { FILES } from '../example-files';
import { type Changes, said } from '../example';

const build = (...commands: string[]): string =>
  `version: 0.2\nphases:\n  build:\n    commands:\n${commands.map((command) => `      - ${command}\n`).join('')}`;
const dockerfile = (...lines: string[]): Changes => ({
  buildspec: build('docker build --tag web frontend'),
  files: {
    'frontend/Dockerfile': `FROM public.ecr.aws/docker/library/node:22\nWORKDIR /app\n${lines.join('\n')}\n`,
  },
});
const without = (changes: Changes, ...names: string[]): Changes => ({
  ...changes,
  files: { ...changes.files, ...Object.fromEntries(names.map((name) => [name, null])) },
});
const LOCK = 'frontend/package-lock.json';

test('a lock file that git ignores is found before npm ci does not find it', () => {
  expect(
    said(missingLockFile, without({ ignored: { [LOCK]: '.gitignore:4:package-lock.json' } }, LOCK)),
  ).toEqual([
    'error buildspec.yml:16 npm ci needs frontend/package-lock.json, which git does not have: .gitignore:4:package-lock.json ignores it',
  ]);
});

test('a lock file that was never made is found, in whichever folder the command runs', () => {
  for (const command of [
    'cd frontend && npm ci',
    'npm --prefix=frontend clean-install',
    'npm -C ./frontend ci --omit=dev',
  ]) {
    expect(said(missingLockFile, without({ buildspec: build(command) }, LOCK))).toEqual([
      'error buildspec.yml:5 npm ci needs frontend/package-lock.json, which git does not have',
    ]);
  }
});

test.each([
  'npm install',
  'npm i --prefix frontend',
  'npm run ci',
  'yarn install --frozen-lockfile',
  'yarn',
  'pnpm install',
])('%s does without a lock file', (command) => {
  expect(said(missingLockFile, without({ buildspec: build(`cd frontend && ${command}`) }, LOCK))).toEqual([]);
});

test.each<[string, string, string]>([
  ['pnpm install --frozen-lockfile', 'pnpm-lock.yaml', 'pnpm install --frozen-lockfile'],
  ['yarn install --immutable', 'yarn.lock', 'yarn install --immutable'],
])('%s needs its own', (command, lock, shown) => {
  const changes = { buildspec: build(`cd frontend && ${command}`) };
  expect(said(missingLockFile, changes)).toEqual([
    `error buildspec.yml:5 ${shown} needs frontend/${lock}, which git does not have`,
  ]);
  expect(said(missingLockFile, { ...changes, files: { [`frontend/${lock}`]: '' } })).toEqual([]);
});

test.each([
  ['made before', ['cd frontend && npm install --package-lock-only', 'npm ci']],
  ['copied before', ['cp locks/package-lock.json frontend/', 'cd frontend && npm ci']],
  ['in a folder that is fetched', ['git clone https://github.com/example/other.git', 'cd other && npm ci']],
  ['asked for', ['cd frontend && if [ -f package-lock.json ]; then npm ci; else npm install; fi']],
  ['not needed after all', ['cd frontend && (npm ci || npm install)']],
  ['in a folder that nobody knows', ['cd "$FOLDER" && npm ci']],
])('a lock file that is %s is not called missing', (_, commands) => {
  expect(said(missingLockFile, without({ buildspec: build(...commands) }, LOCK))).toEqual([]);
});

test("a workspace's package is installed by the lock file of its root", () => {
  const files = {
    'package.json': '{"workspaces":["frontend"]}',
    'package-lock.json': '{}',
  };
  expect(said(missingLockFile, without({ buildspec: build('cd frontend && npm ci'), files }, LOCK))).toEqual(
    [],
  );
});

test('an image that copies the manifest alone is found before its build fails', () => {
  expect(said(missingLockFile, dockerfile('COPY package.json ./', 'RUN npm ci'))).toEqual([
    'error frontend/Dockerfile:4 npm ci needs frontend/package-lock.json, which no COPY before it brings',
  ]);
});

test('a stage starts from what the one before it has copied', () => {
  const lines = [
    'FROM public.ecr.aws/docker/library/node:22 AS base',
    'COPY package.json ./',
    'FROM base',
    'RUN npm ci',
  ];
  expect(said(missingLockFile, dockerfile(...lines))).toEqual([
    'error frontend/Dockerfile:6 npm ci needs frontend/package-lock.json, which no COPY before it brings',
  ]);
});

test('an image whose lock file git does not have is found, although COPY package*.json does not fail', () => {
  expect(
    said(
      missingLockFile,
      without(dockerfile('COPY package*.json ./', 'RUN --mount=type=cache,target=/root/.npm npm ci'), LOCK),
    ),
  ).toEqual(['error frontend/Dockerfile:4 npm ci needs frontend/package-lock.json, which git does not have']);
});

test('a lock file that .dockerignore keeps out is not in the image', () => {
  const changes = dockerfile('COPY . .', 'RUN npm ci');
  expect(said(missingLockFile, changes)).toEqual([]);
  expect(
    said(missingLockFile, {
      ...changes,
      files: { ...changes.files, 'frontend/.dockerignore': '*-lock.json\n' },
    }),
  ).toHaveLength(1);
});

test.each<[string, string[]]>([
  ['copied by a pattern', ['COPY package*.json ./', 'RUN npm ci']],
  ['copied with the rest', ['COPY . .', 'RUN npm ci']],
  ['named', ['COPY ["package.json", "package-lock.json", "./"]', 'RUN npm ci']],
  [
    'brought by a stage before',
    [
      'COPY package*.json ./',
      'FROM public.ecr.aws/docker/library/node:22',
      'COPY package.json .',
      'COPY --from=0 /app/x .',
      'RUN npm ci',
    ],
  ],
  [
    'in the stage that this one starts from',
    [
      'FROM public.ecr.aws/docker/library/node:22 AS base',
      'COPY package*.json ./',
      'FROM base',
      'RUN npm ci',
    ],
  ],
  ['made in the image', ['COPY package.json .', 'RUN npm install --package-lock-only', 'RUN npm ci']],
])('a lock file that is %s is there', (_, lines) => {
  expect(said(missingLockFile, dockerfile(...lines))).toEqual([]);
});

test('an image that installs by whichever lock file there is does with any of them', () => {
  const asks =
    'RUN if [ -f yarn.lock ]; then yarn --immutable; elif [ -f package-lock.json ]; then npm ci; else npm i; fi';
  const changes = dockerfile('COPY package.json yarn.lock* package-lock.json* ./', asks);
  expect(said(missingLockFile, changes)).toEqual([]);
  expect(said(missingLockFile, without(changes, LOCK))).toEqual([]);
});

test('of a Dockerfile that nobody is seen to build, it is a warning', () => {
  const { files } = dockerfile('COPY package.json .', 'RUN npm ci');
  expect(said(missingLockFile, { files, buildspec: build('docker build "$FOLDER"') })).toEqual([
    expect.stringMatching(/^warning frontend\/Dockerfile:4 /),
  ]);
  expect(said(missingLockFile, { files, buildspec: FILES['buildspec.yml'] as string })).toEqual([]);
});

import { unsetBuildVariable } from '../../../tools/preflight/rules/unset-build-variable';
import { type Changes, said } from '../example';
import { FILES } from '../example-files';

const using = (text: string, changes: Changes = {}): string[] =>
  said(unsetBuildVariable, { ...changes, files: { 'frontend/src/api.ts': text, ...changes.files } });
const USE = 'export const url = import.meta.env.VITE_API_URL;\n';
const IMAGE = 'FROM x/node:22\nCOPY . .\nRUN npm ci\nRUN npm run build\n';
const inImage = (text: string, command = 'docker build frontend'): Changes => ({
  buildspec: `version: 0.2\nphases:\n  build:\n    commands:\n      - ${command}\n`,
  files: { 'frontend/Dockerfile': text },
});

test('a page that is built without the address of its API calls undefined for ever', () => {
  expect(using(`\n${USE}`)).toEqual([
    'warning frontend/src/api.ts:2 VITE_API_URL is not given to the build of frontend',
  ]);
});

test('a value that many ask for is told once', () => {
  expect(using(`${USE}${USE}`)).toHaveLength(1);
});

test('where the value is in a file that git ignores, that is said', () => {
  expect(using(USE, { ignored: { 'frontend/.env': '.gitignore:7:.env' } })).toEqual([
    'warning frontend/src/api.ts:1 VITE_API_URL is not given to the build of frontend; .env is not in git (.gitignore:7:.env)',
  ]);
});

test.each([
  "const url = import.meta.env.VITE_API_URL ?? '/api';",
  "const url = import.meta.env.VITE_API_URL || '/api';",
  "const url = import.meta.env.VITE_API_URL ? 'a' : 'b';",
  '// import.meta.env.VITE_API_URL',
  'if (import.meta.env.VITE_API_URL) start();',
  'const mode = import.meta.env.MODE;',
  'const url = process.env.REACT_APP_API_URL;',
])('%j does without', (text) => {
  expect(using(text)).toEqual([]);
});

test.each<[string, Changes]>([
  ['by a file of the source', { files: { 'frontend/.env.production': 'VITE_API_URL=/api\n' } }],
  [
    'by the project',
    { project: { Environment: { EnvironmentVariables: [{ Name: 'VITE_API_URL', Value: '/api' }] } } },
  ],
  [
    'by a command',
    {
      buildspec:
        'version: 0.2\nphases:\n  build:\n    commands:\n      - cd frontend\n      - VITE_API_URL=$URL npm run build\n',
    },
  ],
  ['by the image', inImage(`${IMAGE.replace('RUN npm ci', 'ENV VITE_API_URL=/api')}`)],
  ['by the default of an argument', inImage(IMAGE.replace('RUN npm ci', 'ARG VITE_API_URL=/api'))],
  [
    'by a command, as an argument',
    inImage(
      IMAGE.replace('RUN npm ci', 'ARG VITE_API_URL'),
      'docker build --build-arg VITE_API_URL=$URL frontend',
    ),
  ],
])('a value that is given %s is there', (_, changes) => {
  expect(using(USE, changes)).toEqual([]);
});

test('an argument that no command gives is none', () => {
  expect(
    using(USE, inImage(IMAGE.replace('RUN npm ci', 'ARG VITE_API_URL\nENV VITE_API_URL=$VITE_API_URL'))),
  ).toHaveLength(1);
});

test("each bundler's own variables count, in pages that are built here", () => {
  const next = (FILES['frontend/package.json'] as string).replace('"vite": "6.0.7"', '"next": "15.0.0"');
  const files = { 'frontend/package.json': next };
  expect(using('const url = process.env.NEXT_PUBLIC_URL;', { files })).toHaveLength(1);
  expect(using(USE, { files })).toEqual([]);
  expect(using(USE, { buildspec: 'version: 0.2\nphases:\n  build:\n    commands:\n      - make\n' })).toEqual(
    [],
  );
});

test('tests and the configuration of tools are no part of the page', () => {
  expect(
    said(unsetBuildVariable, { files: { 'frontend/src/api.test.ts': USE, 'frontend/tests/a.ts': USE } }),
  ).toEqual([]);
});

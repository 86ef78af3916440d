import { noDockerignore } from '../../../tools/preflight/rules/no-dockerignore';
import { type Changes, said } from '../example';

const build = (...commands: string[]): string =>
  `version: 0.2\nphases:\n  build:\n    commands:\n${commands.map((command) => `      - ${command}\n`).join('')}`;
const NODE = 'FROM public.ecr.aws/docker/library/node:22\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n';
const web = (ignore?: string, text = NODE): Changes => ({
  buildspec: build('docker build frontend'),
  files: { 'frontend/Dockerfile': text, 'frontend/.dockerignore': ignore ?? null },
});

test("node_modules of the build's machine would replace those of the image", () => {
  expect(said(noDockerignore, web())).toEqual([
    'warning frontend/Dockerfile:4 COPY . . takes node_modules too: there is no frontend/.dockerignore',
  ]);
});

test('a .dockerignore that forgets node_modules matters where the build installs in that folder', () => {
  expect(said(noDockerignore, web('dist\n'))).toEqual([]);
  expect(
    said(noDockerignore, { ...web('dist\n'), buildspec: build('cd frontend', 'npm ci', 'docker build .') }),
  ).toEqual(['warning frontend/Dockerfile:4 COPY . . takes node_modules too']);
});

test.each<[string, string | undefined, string]>([
  ['keeps it out', 'node_modules\n', NODE],
  ['keeps all out but what it names', '*\n!src\n', NODE],
  ['copies folders by name', undefined, NODE.replace('COPY . .', 'COPY src src')],
  ['copies from another stage', undefined, NODE.replace('COPY . .', 'COPY --from=0 . .')],
  ['installs nothing in the image', undefined, 'FROM public.ecr.aws/nginx/nginx:1.29\nCOPY . .\n'],
])('an image that %s is as it should be', (_, ignore, text) => {
  expect(said(noDockerignore, web(ignore, text))).toEqual([]);
});

test('an image of the whole repository has its history too', () => {
  const files = { Dockerfile: 'FROM public.ecr.aws/docker/library/python:3.12\nCOPY . /app\n' };
  expect(said(noDockerignore, { files, buildspec: build('docker build .') })).toEqual([
    'warning Dockerfile:2 COPY . /app takes .git too: there is no .dockerignore',
  ]);
  const archive = { project: { Source: { Type: 'CODEPIPELINE' } } };
  expect(said(noDockerignore, { files, buildspec: build('docker build .'), ...archive })).toEqual([]);
  expect(
    said(noDockerignore, {
      files: { ...files, '.dockerignore': '.git\n' },
      buildspec: build('docker build .'),
    }),
  ).toEqual([]);
});

test('a Python service that copies its own folder takes nothing that it should not', () => {
  expect(said(noDockerignore, { files: { 'backend/.dockerignore': null } })).toEqual([]);
});

import { dockerHub } from '../../../tools/preflight/rules/docker-hub';
import { type Changes, example as exampleOf, said } from '../example';

const build = (...commands: string[]): string =>
  `version: 0.2\nphases:\n  build:\n    commands:\n${commands.map((command) => `      - ${command}\n`).join('')}`;
const image = (text: string, ...commands: string[]): Changes => ({
  buildspec: build(...(commands.length ? commands : ['docker build backend'])),
  files: { 'backend/Dockerfile': text },
});

test.each([
  'python:3.12-slim',
  'docker.io/library/python:3.12-slim',
  'registry-1.docker.io/library/python:3.12-slim',
])('a build that pulls %s without a login is warned, so that it does not fail on a busy day', (from) => {
  expect(said(dockerHub, image(`FROM ${from}\nRUN make\n`))).toEqual([
    `warning backend/Dockerfile:1 ${from} comes from Docker Hub, without a login`,
  ]);
});

test('the copy of an official image is offered, with its tag', () => {
  const fixes = (from: string): unknown => [...dockerHub.check(example(from))].map(({ fix }) => fix);
  expect(fixes('node:22-alpine')).toEqual(['FROM public.ecr.aws/docker/library/node:22-alpine']);
  expect(fixes('node')).toEqual(['FROM public.ecr.aws/docker/library/node:latest']);
  // Nobody copies those.
  expect(fixes('tiangolo/uvicorn-gunicorn:latest')).toEqual([undefined]);
  expect(fixes(`node:22@sha256:${'0'.repeat(64)}`)).toEqual([undefined]);
});

test.each([
  'public.ecr.aws/docker/library/python:3.12',
  'ghcr.io/astral-sh/uv:latest',
  'mcr.microsoft.com/playwright/python:v1.49.0',
  'quay.io/keycloak/keycloak:26.0',
  '111122223333.dkr.ecr.eu-west-1.amazonaws.com/docker-hub/library/python:3.12',
  'localhost:5000/base',
  'scratch',
  '$BASE',
])('%s is not from Docker Hub, as far as can be known', (from) => {
  expect(said(dockerHub, image(`FROM ${from}\n`))).toEqual([]);
});

test('a stage before is no image, one that is copied from or mounted is, and each is told once', () => {
  expect(
    said(
      dockerHub,
      image(
        'FROM node:22 AS Build\nFROM build\nCOPY --from=build /a /a\nCOPY --from=0 /b /b\nCOPY --from=nginx:1.29 /c /c\nRUN --mount=type=bind,from=busybox:1,target=/d make\nFROM node:22\n',
      ),
    ).map((line) => line.split(' ').slice(1, 3)),
  ).toEqual([
    ['backend/Dockerfile:1', 'node:22'],
    ['backend/Dockerfile:5', 'nginx:1.29'],
    ['backend/Dockerfile:6', 'busybox:1'],
  ]);
});

test.each([
  'echo "$PASSWORD" | docker login --username app --password-stdin',
  'docker login -u app -p "$PASSWORD" docker.io',
  'docker login --username app --password-stdin "$REGISTRY"',
  'echo "{\\"registry-mirrors\\":[\\"https://mirror.example.com\\"]}" > /etc/docker/daemon.json',
])('%s comes before: then it is no anonymous pull', (command) => {
  expect(said(dockerHub, image('FROM node:22\n', `'${command}'`, 'docker build backend'))).toEqual([]);
});

test("a login to the account's own registry is none to Docker Hub", () => {
  const login = 'docker login --username AWS --password-stdin 111122223333.dkr.ecr.eu-west-1.amazonaws.com';
  expect(said(dockerHub, image('FROM node:22\n', login, 'docker build backend'))).toHaveLength(1);
});

test('an argument that the build gives is what counts, not its default', () => {
  const text = 'ARG REGISTRY=docker.io/library\nFROM ${REGISTRY}/node:22\n';
  expect(said(dockerHub, image(text))).toHaveLength(1);
  expect(
    said(dockerHub, image(text, 'docker build --build-arg REGISTRY=public.ecr.aws/docker/library backend')),
  ).toEqual([]);
  expect(said(dockerHub, image(text, 'docker build --build-arg REGISTRY="$MIRROR" backend'))).toEqual([]);
});

test('images that commands and compose pull count too, but not those that the build makes', () => {
  expect(
    said(dockerHub, {
      buildspec: build(
        'docker build --tag app backend',
        'docker run --rm -e A=b app pytest',
        'docker pull redis:7',
        'docker run -d -p 5432:5432 postgres:16',
        'docker compose up -d',
      ),
      files: {
        'compose.yaml': 'services:\n  db: { image: "mysql:8" }\n  app: { build: backend, image: app }\n',
      },
    }).map((line) => line.split(' ').slice(1, 3)),
  ).toEqual([
    ['buildspec.yml:7', 'redis:7'],
    ['buildspec.yml:8', 'postgres:16'],
    ['buildspec.yml:9', 'mysql:8'],
  ]);
});

test("the build's own image counts, unless it is CodeBuild's", () => {
  expect(said(dockerHub, { project: { Environment: { Image: 'node:22' } } })).toEqual([
    expect.stringMatching(/^warning cdk.out\/PipelineStack.template.json:\d+ node:22 comes from Docker Hub/),
  ]);
});

test('a Dockerfile that no build has, such as that of an editor, is not looked at', () => {
  expect(
    said(dockerHub, {
      files: { '.devcontainer/Dockerfile': 'FROM node:22\n', 'old/Dockerfile': 'FROM node:22\n' },
    }),
  ).toEqual([]);
});

function example(from: string): Parameters<typeof dockerHub.check>[0] {
  return exampleOf(image(`FROM ${from}\n`));
}

import { healthCheckTool } from '../../../tools/preflight/rules/health-check-tool';
import { FILES } from '../example-files';
import { APPLICATION } from '../example-templates';
import { type Changes, said } from '../example';

const TASK = 'cdk.out/AppStack.template.json';
const [container] = APPLICATION.Task.Properties.ContainerDefinitions;
const dockerfile = FILES['backend/Dockerfile'] as string;
const checked = (Command: readonly string[], text = dockerfile, requirements?: string): Changes => ({
  application: {
    Task: { Properties: { ContainerDefinitions: [{ ...container, HealthCheck: { Command } }] } },
  },
  files: {
    'backend/Dockerfile': text,
    ...(requirements === undefined ? {} : { 'backend/requirements.txt': requirements }),
  },
});
const CURL = ['CMD-SHELL', 'curl -f http://localhost:8000/health || exit 1'];
const from = (image: string, ...lines: string[]): string =>
  [`FROM ${image}`, ...lines, 'COPY . .', ''].join('\n');

test('curl is not in a slim image: a task that works would be stopped as unhealthy, again and again', () => {
  expect(said(healthCheckTool, checked(CURL))).toEqual([
    expect.stringMatching(
      new RegExp(
        `^error ${TASK}:\\d+ the health check of backend calls curl, which the image of backend/Dockerfile does not have$`,
      ),
    ),
  ]);
});

test.each<[string, readonly string[]]>([
  ['node:22-slim', ['CMD', 'wget', '-q', 'localhost']],
  ['public.ecr.aws/docker/library/node:22-alpine', CURL],
  ['public.ecr.aws/docker/library/debian:bookworm-slim', CURL],
  ['ubuntu:24.04', CURL],
  ['gcr.io/distroless/python3-debian12', ['CMD-SHELL', 'python3 -c pass']],
  ['scratch', CURL],
])('%s does not have what %j calls', (image, command) => {
  expect(said(healthCheckTool, checked(command, from(image)))).toHaveLength(1);
});

test.each<[string, readonly string[]]>([
  ['node:22', CURL],
  ['node:22-alpine', ['CMD-SHELL', 'wget -q --spider http://localhost:3000/ || exit 1']],
  ['nginx:1.29-alpine', CURL],
  ['public.ecr.aws/amazonlinux/amazonlinux:2023', CURL],
  ['111122223333.dkr.ecr.eu-west-1.amazonaws.com/base-slim:1', CURL],
  ['gcr.io/distroless/nodejs22-debian12', ['CMD', '/nodejs/bin/node', 'check.js']],
  ['python:3.12-slim', ['CMD-SHELL', 'python -c "import urllib.request"']],
  ['gcr.io/distroless/python3-debian12:debug', ['CMD-SHELL', 'true']],
  ['$BASE', CURL],
])('%s has what %j calls, or nobody knows', (image, command) => {
  expect(said(healthCheckTool, checked(command, from(image)))).toEqual([]);
});

test.each([
  ['RUN apt-get update && apt-get install -y curl'],
  ['COPY --from=build /usr/bin/curl /usr/bin/curl'],
])('a tool that the image brings is there: %s', (...lines) => {
  expect(said(healthCheckTool, checked(CURL, from('python:3.12-slim', ...lines)))).toEqual([]);
});

test('a tool that a stage before has is not in the image, unless that starts from it', () => {
  const base = 'FROM python:3.12-slim AS base\nRUN apt-get install -y curl\n';
  expect(said(healthCheckTool, checked(CURL, `${base}FROM base\n`))).toEqual([]);
  expect(said(healthCheckTool, checked(CURL, `${base}FROM python:3.12-slim\n`))).toHaveLength(1);
});

test('which Dockerfile it is follows from tags, later ones too, or from names that are alike', () => {
  const levels = (command: string, files: Changes['files'] = {}): string[] => {
    const changes = checked(CURL);
    const buildspec = `version: 0.2\nphases:\n  build:\n    commands:\n      - ${command}\n`;
    return said(healthCheckTool, { ...changes, files: { ...changes.files, ...files }, buildspec }).map(
      (line) => line.split(' ')[0] ?? '',
    );
  };
  expect(levels('docker build -t x backend && docker tag x "$BACKEND_REPOSITORY:1"')).toEqual(['error']);
  expect(levels('docker build -t "$X" "$FOLDER"')).toEqual(['warning']);
  expect(levels('docker build -t "$X" "$FOLDER"', { 'old/backend/Dockerfile': 'FROM node:22\n' })).toEqual(
    [],
  );
});

test('a script of the image may install anything: then it is a warning', () => {
  expect(said(healthCheckTool, checked(CURL, from('python:3.12-slim', 'RUN ./setup.sh')))).toEqual([
    expect.stringMatching(/^warning /),
  ]);
});

test('a module that the requirements do not name is told, as another may bring it', () => {
  const command = [
    'CMD',
    'python',
    '-c',
    "import requests; requests.get('http://localhost:8000/health').raise_for_status()",
  ];
  expect(said(healthCheckTool, checked(command))).toEqual([
    expect.stringMatching(/^warning .* calls the module requests, which/),
  ]);
  expect(said(healthCheckTool, checked(command, dockerfile, 'fastapi==1\nrequests==2\n'))).toEqual([]);
  expect(said(healthCheckTool, { ...checked(command), files: { 'backend/pyproject.toml': '' } })).toEqual([]);
});

test("HEALTHCHECK of a Dockerfile is not ECS's: a warning", () => {
  const text = (check: string): Changes => ({
    files: { 'backend/Dockerfile': `FROM python:3.12-slim\nHEALTHCHECK ${check}\n` },
  });
  expect(said(healthCheckTool, text('--interval=30s CMD curl -f http://localhost || exit 1'))).toEqual([
    'warning backend/Dockerfile:2 HEALTHCHECK calls curl, which the image does not have',
  ]);
  expect(said(healthCheckTool, text('CMD ["curl", "localhost"]'))).toHaveLength(1);
  expect(said(healthCheckTool, text('NONE'))).toEqual([]);
  expect(said(healthCheckTool, text('CMD python check.py'))).toEqual([]);
});

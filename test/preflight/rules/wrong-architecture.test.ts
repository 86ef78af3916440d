import { wrongArchitecture } from '../../../tools/preflight/rules/wrong-architecture';
import { type Changes, said } from '../example';

const ARM = { Task: { Properties: { RuntimePlatform: { CpuArchitecture: 'ARM64' } } } };
const PLACE = 'cdk.out/AppStack.template.json';
const build = (command: string, project: Changes['project'] = {}): Changes => ({
  buildspec: `version: 0.2\nphases:\n  build:\n    commands:\n      - ${command}\n`,
  project,
});
const TAG = '--tag "$BACKEND_REPOSITORY:1"';

test('an image that an x86 project builds for a task on ARM is found before exec format error', () => {
  expect(said(wrongArchitecture, { application: ARM })).toEqual([
    expect.stringMatching(
      new RegExp(
        `^error ${PLACE}:\\d+ backend runs on ARM64, and buildspec.yml:\\d+ builds app-backend for X86_64$`,
      ),
    ),
  ]);
});

test('a project on ARM is as wrong for a task that says nothing, which is x86', () => {
  const project = { Environment: { Type: 'ARM_CONTAINER' } };
  expect(
    said(wrongArchitecture, { project, application: { Task: { Properties: { RuntimePlatform: null } } } }),
  ).toEqual([expect.stringMatching(/ backend runs on X86_64, .* for ARM64$/)]);
  expect(said(wrongArchitecture, { project, application: ARM })).toEqual([]);
});

test.each([
  `docker build --platform linux/arm64 ${TAG} backend`,
  `docker buildx build --platform=linux/amd64,linux/arm64 ${TAG} backend`,
  `docker build --platform "$PLATFORM" ${TAG} backend`,
  `docker build --platform "$PLATFORM,linux/amd64" ${TAG} backend`,
  `docker build --tag other:1 backend`,
])('%s is not wrong for ARM, as far as can be known', (command) => {
  expect(
    said(wrongArchitecture, { ...build(command), application: ARM }).filter((line) =>
      line.startsWith('error'),
    ),
  ).toEqual([]);
});

test('a tag that an image gets later counts', () => {
  expect(
    said(wrongArchitecture, {
      ...build('docker build -t app backend && docker tag app "$BACKEND_REPOSITORY:1"'),
      application: ARM,
    }),
  ).toEqual([expect.stringMatching(/^error /)]);
});

test('steps for another processor need an emulator, unless they are run on that of the machine', () => {
  const command = `docker build --platform linux/arm64 ${TAG} backend`;
  expect(said(wrongArchitecture, { ...build(command), application: ARM })).toEqual([
    'warning buildspec.yml:5 RUN of backend/Dockerfile is for ARM64, the project is X86_64, and nothing installs an emulator',
  ]);
  const binfmt = `docker run --privileged --rm public.ecr.aws/a/binfmt --install arm64 && ${command}`;
  expect(said(wrongArchitecture, { ...build(binfmt), application: ARM })).toEqual([]);
  const files = {
    'backend/Dockerfile': 'FROM --platform=$BUILDPLATFORM a AS b\nRUN make\nFROM c\nCOPY --from=b /x /x\n',
  };
  expect(said(wrongArchitecture, { ...build(command), application: ARM, files })).toEqual([]);
  expect(
    said(wrongArchitecture, {
      ...build(command, { Environment: { Type: 'ARM_CONTAINER' } }),
      application: ARM,
    }),
  ).toEqual([]);
});

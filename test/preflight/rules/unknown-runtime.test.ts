import { unknownRuntime } from '../../../tools/preflight/rules/unknown-runtime';
import { type Changes, example, said } from '../example';

const install = (versions: string): string =>
  `version: 0.2\nphases:\n  install:\n    runtime-versions:\n      ${versions}\n  build:\n    commands: [make]\n`;
const image = (Image: string): Changes => ({ project: { Environment: { Image } } });

test('nothing is said of the example', () => {
  expect(said(unknownRuntime)).toEqual([]);
});

test('a runtime that the image does not have is told in the words of CodeBuild, with what to do for Docker', () => {
  expect([...unknownRuntime.check(example({ buildspec: install('docker: 20') }))]).toMatchObject([
    {
      level: 'error',
      place: { file: 'buildspec.yml', line: 5 },
      message: "aws/codebuild/standard:7.0 has no runtime 'docker'",
      awsError:
        "YAML_FILE_ERROR Message: Unknown runtime named 'docker'. This build image has the following runtimes: dotnet, golang, java, nodejs, php, python, ruby",
      fix: expect.stringMatching(/^take the line out: Docker comes with the image/) as string,
    },
  ]);
});

test('the same runtime in an image that has it is none', () => {
  const change = image('aws/codebuild/amazonlinux-aarch64-standard:3.0');

  expect(said(unknownRuntime, { ...change, buildspec: install('docker: 23') })).toEqual([]);
});

test('a name that is used elsewhere is told with the name that is meant', () => {
  expect([...unknownRuntime.check(example({ buildspec: install('node: 22') }))]).toMatchObject([
    { fix: 'nodejs: in place of node:' },
  ]);
});

test('of an image of their own nobody but its owners knows the runtimes', () => {
  const change = image('111122223333.dkr.ecr.eu-west-1.amazonaws.com/builder:1');

  expect(said(unknownRuntime, { ...change, buildspec: install('perl: 5') })).toEqual([]);
});

test('without a project only what no image has is told, as a warning', () => {
  expect(said(unknownRuntime, { assembly: 'none', buildspec: install('perl: 5') })).toEqual([
    "warning buildspec.yml:5 no managed image has a runtime 'perl'",
  ]);
  expect(said(unknownRuntime, { assembly: 'none', buildspec: install('docker: 20') })).toEqual([]);
});

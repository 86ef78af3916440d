import { shortenedVersion } from '../../../tools/preflight/rules/shortened-version';
import { said } from '../example';

const install = (versions: string): string =>
  `version: 0.2\nphases:\n  install:\n    runtime-versions:\n      ${versions}\n  build:\n    commands: [make]\n`;

test('nothing is said of the example', () => {
  expect(said(shortenedVersion)).toEqual([]);
});

test('3.10 without quotes is told as the number that it is', () => {
  expect(said(shortenedVersion, { buildspec: install('python: 3.10') })).toEqual([
    'warning buildspec.yml:5 python: 3.10 without quotes is the number 3.1, so that another version may be meant',
  ]);
});

test.each(['python: "3.10"', 'python: 3.11', 'dotnet: 8.0', 'ruby: 3.1', 'nodejs: 20', 'golang: 1.x'])(
  '%s loses nothing',
  (versions) => {
    expect(said(shortenedVersion, { buildspec: install(versions) })).toEqual([]);
  },
);

test('what code has made of 3.10 before it was synthesized is an error, because there was never such a version', () => {
  const spec = (python: unknown): object => ({
    project: {
      Source: {
        BuildSpec: JSON.stringify({
          version: '0.2',
          phases: { install: { 'runtime-versions': { python } }, build: { commands: ['make'] } },
        }),
      },
    },
  });

  expect(said(shortenedVersion, spec(3.1))).toEqual([
    expect.stringMatching(
      /^error cdk\.out\/.* python: 3\.1 is a number, and there is no such version: 3\.10 was/,
    ),
  ]);
  expect(said(shortenedVersion, spec(3.11))).toEqual([]);
  expect(said(shortenedVersion, spec('3.10'))).toEqual([]);
  expect(said(shortenedVersion, spec('3.1'))).toEqual([]);
});

import { duplicateKey } from '../../../tools/preflight/rules/duplicate-key';
import { said } from '../example';

test('nothing is said of the example', () => {
  expect(said(duplicateKey)).toEqual([]);
});

test('a section that stands twice is told, because the first is ignored without a word', () => {
  const buildspec = `version: 0.2
phases:
  install:
    runtime-versions: { nodejs: 22 }
  install:
    commands: [npm ci]
  build:
    commands: [make]
`;

  expect(said(duplicateKey, { buildspec })).toEqual([
    'error buildspec.yml:5 install stands twice: what line 3 says of it is ignored',
  ]);
});

test('the same value twice harms nobody yet', () => {
  const buildspec =
    'version: 0.2\nenv:\n  variables:\n    A: "1"\n    A: "1"\nphases: { build: { commands: [make] } }\n';

  expect(said(duplicateKey, { buildspec })).toEqual([
    'warning buildspec.yml:5 A stands twice, in line 4 too, with the same below it',
  ]);
});

test('equal keys of different maps, and one that changes a merged one, are no duplicates', () => {
  const buildspec = `version: 0.2
phases:
  pre_build: &phase
    commands: [one]
  build:
    <<: *phase
    commands: [two]
`;

  expect(said(duplicateKey, { buildspec })).toEqual([]);
});

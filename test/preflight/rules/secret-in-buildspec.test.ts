import { secretInBuildspec } from '../../../tools/preflight/rules/secret-in-buildspec';
import { said } from '../example';
import { FILES } from '../example-files';
import { building } from './changes';
import { HARMLESS, SECRETS } from './tokens';

const variable = (name: string, value: string): string[] =>
  said(secretInBuildspec, {
    buildspec: String(FILES['buildspec.yml']).replace(
      'PIP_DISABLE_PIP_VERSION_CHECK: "1"',
      `${name}: ${JSON.stringify(value)}`,
    ),
  });

test.each(Object.entries(SECRETS))(
  '%s under env/variables is in the history of the repository',
  (kind, value) => {
    expect(variable('SETTING', value)).toEqual([`error buildspec.yml:6 the variable SETTING is ${kind}`]);
  },
);

test.each(Object.entries(SECRETS))('%s in a command too', (kind, value) => {
  expect(said(secretInBuildspec, building(`./notify "${value}"`))).toEqual([
    `error buildspec.yml:27 the command has ${kind}`,
  ]);
});

test('and in a script that a command calls', () => {
  const text = `#!/bin/sh\ncurl -H "Authorization: token ${SECRETS['a token of GitHub']}" https://api.github.com\n`;
  expect(said(secretInBuildspec, { files: { 'ci/push.sh': { text, mode: '100755' } } })).toEqual([
    'error ci/push.sh:2 the command has a token of GitHub',
  ]);
});

test('and in a buildspec of the template', () => {
  const BuildSpec = `version: 0.2\nphases:\n  build:\n    commands:\n      - ./notify ${SECRETS['a token of Slack']}\n`;
  expect(said(secretInBuildspec, { project: { Source: { BuildSpec } } })).toEqual([
    expect.stringMatching(
      /^error cdk\.out\/PipelineStack\.template\.json:\d+ the command has a token of Slack$/,
    ),
  ]);
});

test('of the example, whose secrets are references, nothing is said', () => {
  expect(said(secretInBuildspec)).toEqual([]);
});

test.each(HARMLESS)('%s=%s is none', (name, value) => {
  expect(variable(name, value)).toEqual([]);
});

import { synthesizedTwice } from '../../../tools/preflight/rules/synthesized-twice';
import { buildspecOf } from '../buildspec-of';
import { said } from '../example';

const told = (...build: string[]): string[] => said(synthesizedTwice, { buildspec: buildspecOf({ build }) });

test('a deployment that synthesizes what was synthesized before is told, once', () => {
  expect(told('cd cdk', 'npx cdk synth', 'npx cdk deploy A', 'npx cdk deploy B')).toEqual([
    'warning buildspec.yml:8 `npx cdk deploy A` synthesizes again what `npx cdk synth` (buildspec.yml:7) did',
  ]);
});

test('over phases, too', () => {
  const buildspec = buildspecOf({ build: ['npx cdk synth -q'], post_build: ['npx cdk deploy --all'] });

  expect(said(synthesizedTwice, { buildspec })).toHaveLength(1);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(synthesizedTwice)).toEqual([]));

  test.each([
    ['the assembly is deployed', 'npx cdk synth', 'npx cdk deploy --app cdk.out'],
    ['the same, in short', 'npx cdk synth', 'npx cdk -a cdk.out deploy'],
    ['another app', 'cd cdk && npx cdk synth && cd ..', 'npx cdk deploy'],
    ['a look after it', 'npx cdk deploy A', 'npx cdk synth'],
    ['folders that are not known', 'cd $A && npx cdk synth', 'cd $B && npx cdk deploy'],
    ['a difference', 'npx cdk diff', 'npx cdk deploy A'],
  ])('%s', (_, ...build) => {
    expect(told(...build)).toEqual([]);
  });
});

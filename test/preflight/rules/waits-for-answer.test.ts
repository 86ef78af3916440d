import { waitsForAnswer } from '../../../tools/preflight/rules/waits-for-answer';
import { buildspecOf } from '../buildspec-of';
import { example, said } from '../example';

const told = (...build: string[]): string[] => said(waitsForAnswer, { buildspec: buildspecOf({ build }) });

test('a deployment that may have to be approved', () => {
  expect(told('npx cdk deploy AppStack')).toEqual([
    'warning buildspec.yml:6 `npx cdk deploy AppStack` asks for approval as soon as a change widens permissions or opens a port, and fails because nobody can give it',
  ]);
  const [found] = [
    ...waitsForAnswer.check(
      example({ buildspec: buildspecOf({ build: ['cdk deploy A --require-approval broadening'] }) }),
    ),
  ];
  expect(found!.fix).toBe('cdk deploy A --require-approval never');
});

test.each([
  ['apt-get install jq', 'warning'],
  ['apt-get update && apt install --no-install-recommends jq', 'warning'],
  ['yum install jq', 'error'],
  ['sudo dnf update', 'error'],
  ['terraform apply', 'error'],
  ['TF_CLI_ARGS_apply=-parallelism=1 terraform apply', 'error'],
  ['terraform destroy -var a=b', 'error'],
  ['cdk destroy Test', 'error'],
  ['pulumi up', 'error'],
  ['sam deploy --guided', 'error'],
  ['if [ -n "$X" ]; then yum install jq; fi', 'warning'],
  ['cdk deploy --all --require-approval any-change', 'warning'],
])('%s: %s', (command, level) => {
  expect(told(command)).toEqual([expect.stringMatching(`^${level} `)]);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(waitsForAnswer)).toEqual([]));

  test.each([
    'cdk deploy --require-approval never',
    'cdk deploy --require-approval=never --all',
    'cdk deploy A --yes',
    'cdk deploy A --method=prepare-change-set',
    'cdk destroy A --force',
    'cdk destroy -f A',
    'cdk synth',
    'yes | cdk destroy A',
    'apt-get update',
    'apt-get -y install jq',
    'apt-get install -yq jq',
    'apt-get -qq install jq',
    'apt-get install jq --yes',
    'yum -y install jq',
    'yum install jq -y',
    'yum list installed',
    'echo y | yum install jq',
    'terraform apply -auto-approve',
    'terraform apply plan.out',
    'export TF_CLI_ARGS_apply=-auto-approve; terraform apply',
    'terraform plan',
    'pulumi preview',
    'pulumi up -y',
    'cdk deploy A --no-execute',
    'pulumi up --yes',
    'sam deploy',
  ])('%s', (command) => {
    expect(told(command)).toEqual([]);
  });

  test('an app whose cdk.json answers, in its own folder', () => {
    const files = { 'cdk/cdk.json': '{"app": "x", "requireApproval": "never"}' };
    const in_ = (folder: string): string[] =>
      said(waitsForAnswer, { files, buildspec: buildspecOf({ build: [`cd ${folder} && npx cdk deploy`] }) });

    expect(in_('cdk')).toEqual([]);
    expect(in_('frontend')).toHaveLength(1);
  });
});

import { parameterAccess } from '../../../tools/preflight/rules/parameter-access';
import { PIPELINE } from '../example-templates';
import { type Changes, example, said } from '../example';

const [policy] = PIPELINE.Role.Properties.Policies;

/** The example's role with other statements about parameters. */
const allowing = (...statements: object[]): Changes => ({
  resources: {
    Role: {
      Properties: {
        Policies: [
          {
            PolicyName: 'build',
            PolicyDocument: {
              Statement: [
                ...(policy?.PolicyDocument.Statement ?? []).filter(
                  (one) => !JSON.stringify(one).includes('ssm:'),
                ),
                ...statements,
              ],
            },
          },
        ],
      },
    },
  },
});
const allow = (Action: string, Resource: string): object => ({ Effect: 'Allow', Action, Resource });
const SECRET = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:';
const env = (lines: string): string =>
  `version: 0.2\nenv:\n${lines}phases:\n  build:\n    commands: [make]\n`;

test('nothing is said of the example', () => {
  expect(said(parameterAccess)).toEqual([]);
});

test('a parameter that the role may not read is told with the statement that is missing', () => {
  expect([...parameterAccess.check(example(allowing()))]).toMatchObject([
    {
      level: 'error',
      place: { file: 'buildspec.yml', line: 8 },
      message: expect.stringMatching(
        /^app-build is not allowed ssm:GetParameters on .*parameter\/app\/api-key, the value of API_KEY$/,
      ) as string,
      fix: expect.stringContaining(
        '{"Effect":"Allow","Action":"ssm:GetParameters","Resource":"arn:aws:ssm:eu-west-1:111122223333:parameter/app/api-key"}',
      ) as string,
    },
  ]);
});

test('ssm:GetParameter is another action than the one that CodeBuild needs', () => {
  expect(said(parameterAccess, allowing(allow('ssm:GetParameter', '*')))).toHaveLength(1);
  expect(said(parameterAccess, allowing(allow('ssm:GetParameter*', '*')))).toEqual([]);
});

test('a parameter of another name is another parameter, with a slash before it or without', () => {
  const mine = allowing(allow('ssm:GetParameters', 'arn:aws:ssm:eu-west-1:111122223333:parameter/app/*'));
  const of = (name: string): string[] =>
    said(parameterAccess, { ...mine, buildspec: env(`  parameter-store:\n    KEY: ${name}\n`) });

  expect(of('/app/key')).toEqual([]);
  expect(of('app/key')).toEqual([]);
  expect(of('/other/key')).toHaveLength(1);
  expect(of('arn:aws:ssm:eu-west-1:111122223333:parameter/app/key')).toEqual([]);
});

test('a secret is read with its suffix, and may have a policy of its own', () => {
  const buildspec = env('  secrets-manager:\n    TOKEN: app/npm:token\n');
  const of = (resource: string): string[] =>
    said(parameterAccess, { ...allowing(allow('secretsmanager:GetSecretValue', resource)), buildspec });

  expect(of(`${SECRET}app/npm-??????`)).toEqual([]);
  expect(of(`${SECRET}app/*`)).toEqual([]);
  expect(of(`${SECRET}other-*`)).toEqual([
    expect.stringMatching(/^warning buildspec\.yml:4 .* secretsmanager:GetSecretValue on .*:secret:app\/npm/),
  ]);
});

test("the project's variables are read too, in place of the buildspec's of that name", () => {
  const Environment = {
    EnvironmentVariables: [{ Name: 'API_KEY', Type: 'PARAMETER_STORE', Value: '/mine/key' }],
  };
  const changes = allowing(allow('ssm:GetParameters', 'arn:aws:ssm:eu-west-1:111122223333:parameter/mine/*'));

  expect(said(parameterAccess, { ...changes, project: { Environment } })).toEqual([]);
  expect(said(parameterAccess, { ...allowing(), project: { Environment } })).toEqual([
    expect.stringMatching(/^error cdk\.out\/PipelineStack.*:parameter\/mine\/key, the value of API_KEY$/),
  ]);
});

test('of a role with policies that no template has nobody knows what it may not', () => {
  const { resources } = allowing() as { resources: { Role: { Properties: object } } };
  const Properties = {
    ...resources.Role.Properties,
    ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/builds'],
  };

  expect(said(parameterAccess, { resources: { Role: { Properties } } })).toEqual([]);
});

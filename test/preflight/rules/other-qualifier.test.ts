import { otherQualifier } from '../../../tools/preflight/rules/other-qualifier';
import { said } from '../example';

const app = (qualifier?: string): string =>
  JSON.stringify({
    app: 'npx ts-node bin/app.ts',
    context: qualifier === undefined ? {} : { '@aws-cdk/core:bootstrapQualifier': qualifier },
  });
const assume = (...roles: readonly string[]): Record<string, unknown> => ({
  Role: {
    Properties: {
      Policies: [
        {
          PolicyName: 'p',
          PolicyDocument: {
            Statement: [
              {
                Effect: 'Allow',
                Action: 'sts:AssumeRole',
                Resource: roles.map(
                  (role) => `arn:aws:iam::111122223333:role/${role}-111122223333-eu-west-1`,
                ),
              },
            ],
          },
        },
      ],
    },
  },
});

test('an app of another qualifier than the role may assume is told: its bootstrap is not the one that is there', () => {
  expect(said(otherQualifier, { files: { 'cdk/cdk.json': app('mine') } })).toEqual([
    expect.stringMatching(
      /^warning ci\/deploy\.sh:\d+ cdk deploy asks for the bootstrap mine \(cdk\/cdk\.json\), and the role app-build may assume the roles of hnb659fds$/,
    ),
  ]);
});

test("an app that names none has the CDK's own", () => {
  expect(said(otherQualifier, { resources: assume('cdk-mine-deploy-role') })).toEqual([
    expect.stringContaining('the bootstrap hnb659fds (cdk/cdk.json names none), and the role app-build'),
  ]);
});

test('a bootstrap by the same build under another qualifier is told', () => {
  const buildspec = `version: 0.2
phases:
  build:
    commands:
      - cd cdk
      - npx cdk bootstrap --qualifier mine
      - npx cdk deploy --require-approval never
`;
  expect(said(otherQualifier, { buildspec })).toEqual([expect.stringContaining('cdk bootstrap makes mine')]);
  expect(said(otherQualifier, { buildspec: buildspec.replace('mine', 'hnb659fds') })).toEqual([]);
});

test('nothing is said where both name the same, the role may assume all, or the code chooses', () => {
  const files = { 'cdk/cdk.json': app('mine') };
  expect(said(otherQualifier)).toEqual([]);
  expect(said(otherQualifier, { files, resources: assume('cdk-mine-deploy-role') })).toEqual([]);
  expect(said(otherQualifier, { files, resources: assume('cdk-*-deploy-role') })).toEqual([]);
  expect(said(otherQualifier, { files, resources: assume('other') })).toEqual([]);
  const inCode = { 'cdk/bin/app.ts': "new DefaultStackSynthesizer({ qualifier: 'mine' })" };
  expect(said(otherQualifier, { files: inCode, resources: assume('cdk-mine-deploy-role') })).toEqual([]);
  expect(said(otherQualifier, { files: { 'cdk/cdk.json': '{' } })).toEqual([]);
});

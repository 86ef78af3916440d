import { bootstrapDenied } from '../../../tools/preflight/rules/bootstrap-denied';
import { said } from '../example';
import { BOOTSTRAP_ROLES } from '../example-templates';
import { building, roleHas, roleLacks } from './changes';

const NONE = roleLacks('sts:AssumeRole');

test('a build that may not assume the roles of the bootstrap cannot deploy', () => {
  expect(said(bootstrapDenied)).toEqual([]);
  expect(said(bootstrapDenied, { resources: NONE })).toEqual([
    expect.stringMatching(
      /^error ci\/deploy\.sh:6 app-build is not allowed sts:AssumeRole on arn:aws:iam::111122223333:role\/cdk-hnb659fds-deploy-role-.*, by which AppStack is deployed$/,
    ),
  ]);
});

test('the roles of another qualifier do not do', () => {
  const other = roleHas((statements) => [
    ...statements.slice(0, -1),
    { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: 'arn:aws:iam::111122223333:role/cdk-other-*' },
  ]);
  expect(said(bootstrapDenied, { resources: other })).toHaveLength(1);
});

test('of an app that no assembly has, any deploy role will do', () => {
  const some = building('npx cdk deploy --all --require-approval never');
  const files = { 'ci/deploy.sh': null };
  expect(said(bootstrapDenied, { ...some, files })).toEqual([]);
  expect(said(bootstrapDenied, { ...some, files, resources: NONE })).toEqual([
    'error buildspec.yml:27 app-build is not allowed sts:AssumeRole on arn:aws:iam::*:role/cdk-*-deploy-role-*-*, which cdk deploys by',
  ]);
});

test("a role that may do itself what the CDK's roles do is warned of at most: the CLI goes on with it", () => {
  const direct = roleHas((statements) => [
    ...statements.slice(0, -1),
    { Effect: 'Allow', Action: ['cloudformation:*', 's3:*'], Resource: '*' },
  ]);
  expect(said(bootstrapDenied, { resources: direct })).toEqual([
    expect.stringMatching(/^warning ci\/deploy\.sh/),
  ]);
});

test.each([
  'npx cdk deploy AppStack --profile prod',
  'npx cdk deploy AppStack --hotswap',
  'npx cdk synth AppStack',
])('%s does not assume them, or not by the role of the build', (command) => {
  expect(
    said(bootstrapDenied, { ...building(command), files: { 'ci/deploy.sh': null }, resources: NONE }),
  ).toEqual([]);
});

test('to destroy takes the deploy role alone', () => {
  const deploy = roleHas((statements) => [
    ...statements.slice(0, -1),
    { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: BOOTSTRAP_ROLES[0] ?? '' },
  ]);
  const only = (command: string): string[] =>
    said(bootstrapDenied, { ...building(command), files: { 'ci/deploy.sh': null }, resources: deploy });
  expect(only('npx cdk destroy AppStack --force').join()).not.toContain('publishing');
  expect(only('npx cdk deploy AppStack --require-approval never').join()).toContain('file-publishing');
});

import { unseenRollback } from '../../../tools/preflight/rules/unseen-rollback';
import { said } from '../example';

const spec = (...commands: readonly string[]): string =>
  `version: 0.2\nphases:\n  build:\n    commands:\n${commands.map((command) => `      - ${command}\n`).join('')}`;
const UPDATE = 'aws ecs update-service --cluster app --service app-backend --force-new-deployment';

test('a deployment after which nobody looks is told, because ECS may go back while the build is green', () => {
  expect(said(unseenRollback, { buildspec: spec(UPDATE, 'echo done') })).toEqual([
    expect.stringMatching(
      /^warning buildspec\.yml:5 nothing after it looks whether the deployment of app-backend holds/,
    ),
  ]);
});

test.each([
  'aws ecs wait services-stable --cluster app --services app-backend',
  'aws ecs describe-services --cluster app',
])('nothing is said where the build looks by %s', (look) => {
  expect(said(unseenRollback, { buildspec: spec(UPDATE, look) })).toEqual([]);
  expect(said(unseenRollback, { buildspec: spec(look, UPDATE) })).toHaveLength(1);
});

test('nothing is said of a service that does not roll back, of one that is not known, and of cdk deploy, which waits', () => {
  const application = { Service: { Properties: { DeploymentConfiguration: null } } };
  expect(said(unseenRollback, { buildspec: spec(UPDATE), application })).toEqual([]);
  expect(said(unseenRollback, { buildspec: spec(UPDATE.replace('app-backend', 'another')) })).toEqual([]);
  expect(said(unseenRollback)).toEqual([]);
});

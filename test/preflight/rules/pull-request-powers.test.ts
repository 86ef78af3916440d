import { pullRequestPowers } from '../../../tools/preflight/rules/pull-request-powers';
import { said } from '../example';
import { pullRequests, roleHas, roleMay } from './changes';

const logs = { Effect: 'Allow', Action: 'logs:*', Resource: '*' } as const;
const REPOSITORY = 'arn:aws:ecr:eu-west-1:111122223333:repository/app-backend';
const BuildSpec = 'version: 0.2\nphases:\n  build:\n    commands:\n      - npm test\n';

/** A project that tests pull requests, and deploys nothing. */
const testing = (changes: object = pullRequests()): Record<string, unknown> => ({
  Source: { BuildSpec },
  ...changes,
});
const may = (Action: string, Resource = '*'): Record<string, unknown> =>
  roleHas(() => [logs, { Effect: 'Allow', Action, Resource }]);

test('a role that pushes images and builds pull requests pushes those of whoever sends one', () => {
  expect(said(pullRequestPowers)).toEqual([]);
  const pushing = may('ecr:*', REPOSITORY);
  expect(said(pullRequestPowers, { project: testing(pullRequests('DISABLED')), resources: pushing })).toEqual(
    [
      expect.stringMatching(
        /^warning .* app-build builds pull requests that nobody has to approve, and app-build may push images to arn:.*:repository\/app-backend$/,
      ),
    ],
  );
});

test('so is one that reads a secret, or writes to the bucket of somebody else', () => {
  const of = (resources: Record<string, unknown>): string[] =>
    said(pullRequestPowers, { project: testing(), resources });
  const secret = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:npm-??????';
  expect(of(may('secretsmanager:GetSecretValue', secret))).toEqual([
    expect.stringContaining(`may read ${secret}`),
  ]);
  expect(of(may('s3:*', 'arn:aws:s3:::site/*'))).toEqual([
    expect.stringContaining('may write to arn:aws:s3:::site/*; delete from'),
  ]);
});

const pushing = may('ecr:PutImage', REPOSITORY);

test.each([
  ['pull requests do not start it', { project: testing({}), resources: pushing }],
  [
    'each pull request is approved',
    { project: testing(pullRequests('ALL_PULL_REQUESTS')), resources: pushing },
  ],
  ['the role writes its log alone', { project: testing(), resources: roleHas(() => [logs]) }],
  [
    'it writes its own cache',
    {
      project: testing({ ...pullRequests(), Cache: { Type: 'S3', Location: 'caches/checks' } }),
      resources: may('s3:PutObject', 'arn:aws:s3:::caches/checks/*'),
    },
  ],
  ['it can deploy, which another rule tells', { project: testing(), resources: roleMay('cloudformation:*') }],
  [
    'only known people can send them',
    {
      project: testing({
        Triggers: {
          FilterGroups: [
            [
              { Type: 'EVENT', Pattern: 'PULL_REQUEST_CREATED' },
              { Type: 'ACTOR_ACCOUNT_ID', Pattern: '^(1234|5678)$' },
            ],
          ],
        },
      }),
      resources: pushing,
    },
  ],
])('nothing is said where %s', (_, changes) => {
  expect(said(pullRequestPowers, changes)).toEqual([]);
});

import { pullRequestsDeploy } from '../../../tools/preflight/rules/pull-requests-deploy';
import { said } from '../example';

const on = (events: string, ...more: readonly object[]): Record<string, unknown> => ({
  FilterGroups: [[{ Type: 'EVENT', Pattern: events }, ...more]],
});
const role = (Action: string, Resource = '*'): Record<string, unknown> => ({
  Role: {
    Properties: {
      Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: [{ Effect: 'Allow', Action, Resource }] } }],
    },
  },
});
const TESTS_ONLY = 'version: 0.2\nphases:\n  build:\n    commands:\n      - npm test\n';

test('a webhook without filters on a project that deploys is told: every branch and pull request would deploy', () => {
  expect(said(pullRequestsDeploy, { project: { Triggers: { FilterGroups: null } } })).toEqual([
    expect.stringMatching(
      /^warning .*takes every push and every pull request, and its role may assume arn:aws:iam::/,
    ),
  ]);
});

test.each([
  'PULL_REQUEST_CREATED',
  'PUSH, PULL_REQUEST_UPDATED',
  'PULL_REQUEST_REOPENED',
  'PULL_REQUEST_CLOSED',
])('builds of %s with the rights of a deployment are told', (events) => {
  expect(said(pullRequestsDeploy, { project: { Triggers: on(events) } })).toEqual([
    expect.stringContaining('app-build: builds pull requests, and its role may assume'),
  ]);
});

test.each(['*', 'iam:PutRolePolicy', 'cloudformation:*', 'ecs:Update*'])(
  'a role that may %s can deploy',
  (action) => {
    const project = { Triggers: on('PULL_REQUEST_CREATED') };
    expect(
      said(pullRequestsDeploy, { project, resources: role(action), buildspec: TESTS_ONLY }),
    ).toHaveLength(1);
  },
);

test('a build that deploys can, whatever is known of its role', () => {
  const buildspec =
    'version: 0.2\nphases:\n  build:\n    commands:\n      - aws ecs update-service --cluster a --service b\n';
  const project = {
    Triggers: on('PULL_REQUEST_CREATED'),
    ServiceRole: 'arn:aws:iam::111122223333:role/elsewhere',
  };
  expect(said(pullRequestsDeploy, { project, buildspec })).toEqual([
    expect.stringContaining('and it runs aws ecs update-service'),
  ]);
});

test('nothing is said of pushes, of merged pull requests, or of a project that can only test', () => {
  expect(said(pullRequestsDeploy)).toEqual([]);
  expect(said(pullRequestsDeploy, { project: { Triggers: on('PUSH,PULL_REQUEST_MERGED') } })).toEqual([]);
  for (const Triggers of [on('PULL_REQUEST_CREATED'), { FilterGroups: null }]) {
    const resources = role('logs:PutLogEvents');
    expect(said(pullRequestsDeploy, { project: { Triggers }, resources, buildspec: TESTS_ONLY })).toEqual([]);
  }
});

test('nothing is said where somebody trusted has to say yes before each build', () => {
  const actor = { Type: 'ACTOR_ACCOUNT_ID', Pattern: '^1234567$' };
  expect(said(pullRequestsDeploy, { project: { Triggers: on('PULL_REQUEST_CREATED', actor) } })).toEqual([]);
  const approved = (RequiresCommentApproval: string): string[] =>
    said(pullRequestsDeploy, {
      project: {
        Triggers: { ...on('PULL_REQUEST_CREATED'), PullRequestBuildPolicy: { RequiresCommentApproval } },
      },
    });
  expect(approved('ALL_PULL_REQUESTS')).toEqual([]);
  expect(approved('DISABLED')).toEqual([
    expect.stringContaining('builds pull requests that nobody has to approve'),
  ]);
});

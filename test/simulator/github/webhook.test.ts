import type {
  PullRequestEvent,
  PushEvent,
  ReleaseEvent,
  WebhookEvent,
  WebhookFilter,
} from '../../../tools/simulator/github/types';
import { approved } from '../../../tools/simulator/github/approval';
import { decide, sourceVersionOf, webhookVariables } from '../../../tools/simulator/github/webhook';

const told = { actorAccountId: '1000001', repository: 'mangoo' };
const push: PushEvent = {
  ...told,
  event: 'PUSH',
  ref: 'refs/heads/main',
  before: 'b'.repeat(40),
  after: 'a'.repeat(40),
  headCommitMessage: 'Say hello\n\nIt was silent.\n',
  changedFiles: ['backend/app/main.py', 'README.md'],
};
const pull: PullRequestEvent = {
  ...told,
  event: 'PULL_REQUEST_CREATED',
  number: 7,
  headRef: 'refs/heads/feature/a',
  headCommit: 'c'.repeat(40),
  baseRef: 'refs/heads/main',
  baseCommit: 'b'.repeat(40),
  fork: false,
  authorAssociation: 'MEMBER',
  headCommitMessage: 'Add a feature\n',
  changedFiles: ['backend/app/main.py'],
};
const release: ReleaseEvent = { ...told, event: 'RELEASED', tag: 'v1.2.0', name: 'Spring' };

const filter = (type: string, pattern: string, excludeMatchedPattern = false): WebhookFilter => ({
  type,
  pattern,
  excludeMatchedPattern,
});
const EVENT = filter('EVENT', 'PUSH');
const PULLS = filter('EVENT', 'PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED');
const RELEASES = filter('EVENT', 'RELEASED');
const starts = (event: WebhookEvent, ...group: WebhookFilter[]): boolean =>
  decide(event, { filterGroups: [group] }).matched;
const reasons = (event: WebhookEvent, ...group: WebhookFilter[]): readonly string[] =>
  decide(event, { filterGroups: [group] }).reasons;

test('a project without filter groups builds every push and every pull request, but no release', () => {
  for (const filterGroups of [[], undefined]) {
    expect(decide(push, { filterGroups })).toMatchObject({ matched: true, filterGroup: [] });
    expect(decide(pull, { filterGroups })).toMatchObject({ matched: true, filterGroup: [] });
    expect(decide(release, { filterGroups })).toEqual({
      matched: false,
      waitingForApproval: false,
      reasons: ['RELEASED needs a filter group that names it'],
    });
  }
});

test('a project without a webhook builds nothing by itself', () => {
  expect(decide(push, undefined)).toEqual({
    matched: false,
    waitingForApproval: false,
    reasons: ['the project has no webhook'],
  });
});

test.each(['refs/heads/main', 'refs/tags/v1'])(
  'a deleted %s starts no build, whatever the filters say',
  (ref) => {
    const deleted = { ...push, ref, after: '0'.repeat(40), headCommitMessage: '', changedFiles: [] };
    const no = {
      matched: false,
      waitingForApproval: false,
      reasons: [`${ref} was deleted, which starts no build`],
    };
    expect(decide(deleted, {})).toEqual(no);
    expect(decide(deleted, { filterGroups: [[EVENT]] })).toEqual(no);
  },
);

test('all filters of one group must agree, and one group is enough', () => {
  const other = [EVENT, filter('HEAD_REF', '^refs/heads/develop$')];
  const main = [EVENT, filter('HEAD_REF', '^refs/heads/main$')];
  expect(decide(push, { filterGroups: [other, main] })).toEqual({
    matched: true,
    waitingForApproval: false,
    filterGroup: main,
    reasons: ['EVENT PUSH matches PUSH', 'HEAD_REF ^refs/heads/main$ matches refs/heads/main'],
  });
  expect(starts(push, ...main, filter('FILE_PATH', '^frontend/'))).toBe(false);
});

test('a push that nothing matches is told why, a reason for each group', () => {
  const filterGroups = [
    [EVENT, filter('HEAD_REF', '^refs/heads/develop$')],
    [PULLS, filter('COMMIT_MESSAGE', 'hello', true)],
  ];
  expect(decide(push, { filterGroups })).toEqual({
    matched: false,
    waitingForApproval: false,
    reasons: [
      'HEAD_REF ^refs/heads/develop$ does not match refs/heads/main',
      'EVENT PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED does not match PUSH, COMMIT_MESSAGE hello excludes Say hello',
    ],
  });
});

test('an event is named whole: a filter for PUSH is none for another that contains the word', () => {
  expect(starts(push, filter('EVENT', 'PUSHED,PUSH_TO'))).toBe(false);
  expect(starts(pull, filter('EVENT', 'PULL_REQUEST_.*'))).toBe(false);
});

test.each([
  ['the guide as written', 'refs/heads/main', 'refs/heads/maintenance', true],
  ['ours', '^refs/heads/main$', 'refs/heads/maintenance', false],
  ['ours', '^refs/heads/main$', 'refs/heads/feature/refs/heads/main', false],
])('a pattern searches unless it is anchored: %s (%s) on %s', (_, pattern, ref, matched) => {
  expect(starts({ ...push, ref }, EVENT, filter('HEAD_REF', pattern))).toBe(matched);
});

test('an actor filter without anchors lets in whoever has the digits in a longer id', () => {
  const stranger = { ...push, actorAccountId: '91000001' };
  expect(starts(stranger, EVENT, filter('ACTOR_ACCOUNT_ID', '1000001'))).toBe(true);
  expect(starts(stranger, EVENT, filter('ACTOR_ACCOUNT_ID', '^1000001$'))).toBe(false);
  expect(starts(push, EVENT, filter('ACTOR_ACCOUNT_ID', '^1000001$'))).toBe(true);
});

test('a commit that says [skip ci] anywhere in its message is not built', () => {
  const group = [EVENT, filter('COMMIT_MESSAGE', '\\[skip ci\\]', true)];
  expect(starts(push, ...group)).toBe(true);
  expect(reasons(push, ...group)).toContain('COMMIT_MESSAGE \\[skip ci\\] does not exclude Say hello');
  expect(starts({ ...push, headCommitMessage: 'Fix a comma\n\n[skip ci]\n' }, ...group)).toBe(false);
});

test('one changed file is enough for a file filter, and one is enough to exclude', () => {
  expect(starts(push, EVENT, filter('FILE_PATH', '^backend/'))).toBe(true);
  expect(starts(push, EVENT, filter('FILE_PATH', '\\.md$', true))).toBe(false);
  expect(reasons(push, EVENT, filter('FILE_PATH', '\\.md$', true))).toEqual([
    'FILE_PATH \\.md$ excludes README.md',
  ]);
  expect(reasons(push, EVENT, filter('FILE_PATH', '^docs/'))).toEqual([
    'FILE_PATH ^docs/ does not match any of 2 files',
  ]);
});

test.each([false, true])(
  'a filter on what the event does not have never matches (turned around: %s), and says with what it works',
  (excluded) => {
    const of = (type: string): WebhookFilter => filter(type, '.', excluded);
    const pulls = 'BASE_REF works with pull requests only, not with';
    const releases = 'works with RELEASED and PRERELEASED only, not with';
    const changes = 'works with pushes and pull requests only, not with RELEASED';
    expect(reasons(push, EVENT, of('BASE_REF'))).toEqual([`${pulls} PUSH`]);
    expect(reasons(push, EVENT, of('TAG_NAME'))).toEqual([`TAG_NAME ${releases} PUSH`]);
    expect(reasons(pull, PULLS, of('RELEASE_NAME'))).toEqual([
      `RELEASE_NAME ${releases} PULL_REQUEST_CREATED`,
    ]);
    expect(reasons(release, RELEASES, of('BASE_REF'))).toEqual([`${pulls} RELEASED`]);
    for (const type of ['HEAD_REF', 'FILE_PATH', 'COMMIT_MESSAGE']) {
      expect(reasons(release, RELEASES, of(type))).toEqual([`${type} ${changes}`]);
    }
    expect(reasons(push, EVENT, of('WORKFLOW_NAME'))).toEqual([
      'WORKFLOW_NAME works with WORKFLOW_JOB_QUEUED only, not with PUSH',
    ]);
    expect(reasons(push, EVENT, of('REPOSITORY_NAME'))).toEqual([
      'REPOSITORY_NAME works with webhooks of an organization or of all GitHub only',
    ]);
    expect(reasons(push, EVENT, of('BRANCH'))).toEqual(['BRANCH is no type of filter that CodeBuild knows']);
  },
);

test('a pull request is filtered by both its branches, and by its commits where they are at hand', () => {
  const group = [PULLS, filter('BASE_REF', '^refs/heads/main$'), filter('HEAD_REF', '^refs/heads/feature/')];
  expect(starts(pull, ...group)).toBe(true);
  expect(starts({ ...pull, baseRef: 'refs/heads/main-2' }, ...group)).toBe(false);
  expect(starts(pull, ...group, filter('FILE_PATH', '^backend/'), filter('COMMIT_MESSAGE', '^Add'))).toBe(
    true,
  );

  const bare = { ...pull, changedFiles: undefined, headCommitMessage: undefined };
  expect(
    reasons(bare, PULLS, filter('FILE_PATH', '^docs/', true), filter('COMMIT_MESSAGE', 'skip', true)),
  ).toEqual([
    'FILE_PATH cannot be told: the commits of the pull request are not in the source, ' +
      'COMMIT_MESSAGE cannot be told: the commits of the pull request are not in the source',
  ]);
});

test('a release is filtered by its tag and its name', () => {
  expect(starts(release, RELEASES, filter('TAG_NAME', '^v1\\.'), filter('RELEASE_NAME', '^Spring$'))).toBe(
    true,
  );
  expect(starts(release, RELEASES, filter('TAG_NAME', '^v2\\.'))).toBe(false);
  expect(starts({ ...release, event: 'PRERELEASED' }, RELEASES)).toBe(false);
});

test('the webhook of an organization filters by repository, the one of all GitHub by organization too', () => {
  const group = [EVENT, filter('REPOSITORY_NAME', '^mangoo$')];
  const both = [...group, filter('ORGANIZATION_NAME', '^fruit$')];
  const event = { ...push, organization: 'fruit' };
  const decided = (scope: string, filters: WebhookFilter[], of: WebhookEvent = event): boolean =>
    decide(of, { filterGroups: [filters], scopeConfiguration: { scope } }).matched;
  expect(decided('GITHUB_ORGANIZATION', group)).toBe(true);
  expect(decided('GITHUB_ORGANIZATION', group, { ...event, repository: 'mangoo-2' })).toBe(false);
  expect(decided('GITHUB_ORGANIZATION', both)).toBe(false);
  expect(decided('GITHUB_GLOBAL', both)).toBe(true);
  expect(decided('GITHUB_GLOBAL', both, push)).toBe(false);
});

test.each([false, true])(
  'a pattern that is no regular expression is told and matches nothing (turned around: %s)',
  (excluded) => {
    const group = [EVENT, filter('HEAD_REF', '*main', excluded)];
    expect(starts(push, ...group)).toBe(false);
    expect(reasons(push, ...group)).toEqual([
      'HEAD_REF *main is not a valid regular expression, so it matches nothing',
    ]);
  },
);

test('a pull request of a stranger builds nothing until somebody approves it, even where the filters match', () => {
  const strangers = { ...pull, fork: true, authorAssociation: 'CONTRIBUTOR' };
  const decision = decide(strangers, { filterGroups: [[PULLS]] });
  expect(decision).toMatchObject({ matched: false, waitingForApproval: true, filterGroup: [PULLS] });
  expect(decision.reasons.at(-1)).toBe(
    'Pull request approval required: the author (CONTRIBUTOR) has none of the roles GITHUB_ADMIN, GITHUB_MAINTAIN, ' +
      `GITHUB_WRITE; one who has comments /codebuild_run(${pull.headCommit})`,
  );
  // Nobody waits for what the filters leave out.
  const none = decide(strangers, { filterGroups: [[EVENT]] });
  expect(none).toMatchObject({ matched: false, waitingForApproval: false });
  // Nor does the absence of filters let a stranger in.
  expect(decide(strangers, {})).toMatchObject({ matched: false, waitingForApproval: true });
});

test('after the comment of somebody who may, it builds where the filters match, and nowhere else', () => {
  const strangers = approved({ ...pull, fork: true, authorAssociation: 'NONE' });

  expect(decide(strangers, { filterGroups: [[PULLS]] })).toMatchObject({
    matched: true,
    waitingForApproval: false,
  });
  expect(decide(strangers, { filterGroups: [[EVENT]] })).toMatchObject({ matched: false });
  expect(() => approved(push)).toThrow('--approve: expected a pull request, got PUSH');
});

test.each([
  ['ALL_PULL_REQUESTS', undefined, false, 'NONE', true],
  ['ALL_PULL_REQUESTS', undefined, false, 'COLLABORATOR', false],
  ['ALL_PULL_REQUESTS', undefined, true, 'OWNER', false],
  ['ALL_PULL_REQUESTS', undefined, false, undefined, true],
  ['ALL_PULL_REQUESTS', ['GITHUB_READ'], true, 'NONE', false],
  ['ALL_PULL_REQUESTS', ['GITHUB_READ'], true, undefined, true],
  ['ALL_PULL_REQUESTS', ['GITHUB_ADMIN'], false, 'MEMBER', true],
  ['FORK_PULL_REQUESTS', undefined, false, 'NONE', false],
  ['FORK_PULL_REQUESTS', undefined, true, 'NONE', true],
  ['DISABLED', undefined, true, 'NONE', false],
])(
  '%s with approvers %j: a pull request (of a fork: %s) by %s waits: %s',
  (when, roles, fork, author, waits) => {
    const pullRequestBuildPolicy = { requiresCommentApproval: when, approverRoles: roles };
    const decision = decide({ ...pull, fork, authorAssociation: author }, { pullRequestBuildPolicy });
    expect(decision).toMatchObject({ matched: !waits, waitingForApproval: waits });
  },
);

test('no approval is asked for pushes and releases', () => {
  const pullRequestBuildPolicy = { requiresCommentApproval: 'ALL_PULL_REQUESTS', approverRoles: [] };
  for (const event of [push, release]) {
    const filterGroups = [[filter('EVENT', event.event)]];
    expect(decide(event, { filterGroups, pullRequestBuildPolicy }).matched).toBe(true);
  }
});

test('the build sees the push in the variables of CodeBuild', () => {
  expect(webhookVariables({ ...push, ref: 'refs/heads/feature/a' })).toEqual({
    CODEBUILD_WEBHOOK_EVENT: 'PUSH',
    CODEBUILD_WEBHOOK_HEAD_REF: 'refs/heads/feature/a',
    CODEBUILD_WEBHOOK_PREV_COMMIT: push.before,
    CODEBUILD_WEBHOOK_ACTOR_ACCOUNT_ID: '1000001',
    CODEBUILD_WEBHOOK_TRIGGER: 'branch/feature/a',
  });
  expect(webhookVariables({ ...push, ref: 'refs/tags/v1' }).CODEBUILD_WEBHOOK_TRIGGER).toBe('tag/v1');
});

test('the build of a pull request sees both branches and the number, and no previous commit', () => {
  expect(webhookVariables(pull)).toEqual({
    CODEBUILD_WEBHOOK_EVENT: 'PULL_REQUEST_CREATED',
    CODEBUILD_WEBHOOK_HEAD_REF: 'refs/heads/feature/a',
    CODEBUILD_WEBHOOK_BASE_REF: 'refs/heads/main',
    CODEBUILD_WEBHOOK_ACTOR_ACCOUNT_ID: '1000001',
    CODEBUILD_WEBHOOK_TRIGGER: 'pr/7',
  });
});

test('the build of a release sees its tag', () => {
  expect(webhookVariables(release)).toEqual({
    CODEBUILD_WEBHOOK_EVENT: 'RELEASED',
    CODEBUILD_WEBHOOK_HEAD_REF: 'refs/tags/v1.2.0',
    CODEBUILD_WEBHOOK_ACTOR_ACCOUNT_ID: '1000001',
    CODEBUILD_WEBHOOK_TRIGGER: 'tag/v1.2.0',
  });
});

test('the source version names the commit of a push, the number of a pull request, the tag of a release', () => {
  expect([push, pull, release].map(sourceVersionOf)).toEqual([push.after, 'pr/7', 'refs/tags/v1.2.0']);
});

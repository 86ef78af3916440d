import type { PushEvent, WebhookFilter } from '../../../tools/simulator/github/types';
import { decide, webhookVariables } from '../../../tools/simulator/github/webhook';

const push: PushEvent = {
  event: 'PUSH',
  ref: 'refs/heads/main',
  before: 'b'.repeat(40),
  after: 'a'.repeat(40),
  headCommitMessage: 'Say hello\n\nIt was silent.\n',
  changedFiles: ['backend/app/main.py', 'README.md'],
  actorAccountId: '1000001',
  repository: '/github.git',
};
const filter = (type: string, pattern: string, excludeMatchedPattern = false): WebhookFilter => ({
  type,
  pattern,
  excludeMatchedPattern,
});
const EVENT = filter('EVENT', 'PUSH');

test('a project without filter groups builds every push', () => {
  expect(decide(push, [])).toEqual({ matched: true, filterGroup: [], reasons: [] });
});

test('all filters of one group must agree, and one group is enough', () => {
  const other = [EVENT, filter('HEAD_REF', '^refs/heads/develop$')];
  const main = [EVENT, filter('HEAD_REF', '^refs/heads/main$')];
  expect(decide(push, [other, main])).toEqual({ matched: true, filterGroup: main, reasons: [] });
  expect(decide(push, [[...main, filter('FILE_PATH', '^frontend/')]]).matched).toBe(false);
});

test('a push that nothing matches is told why, a reason for each group', () => {
  expect(
    decide(push, [
      [EVENT, filter('HEAD_REF', '^refs/heads/develop$')],
      [filter('EVENT', 'PULL_REQUEST_CREATED,PULL_REQUEST_UPDATED'), filter('COMMIT_MESSAGE', 'hello', true)],
    ]),
  ).toEqual({
    matched: false,
    reasons: [
      'HEAD_REF ^refs/heads/develop$ does not match refs/heads/main',
      'EVENT PULL_REQUEST_CREATED,PULL_REQUEST_UPDATED does not match PUSH, COMMIT_MESSAGE hello excludes Say hello',
    ],
  });
});

test.each([
  ['the guide as written', 'refs/heads/main', 'refs/heads/maintenance', true],
  ['ours', '^refs/heads/main$', 'refs/heads/maintenance', false],
  ['ours', '^refs/heads/main$', 'refs/heads/feature/refs/heads/main', false],
])('a pattern searches unless it is anchored: %s (%s) on %s', (_, pattern, ref, matched) => {
  expect(decide({ ...push, ref }, [[EVENT, filter('HEAD_REF', pattern)]]).matched).toBe(matched);
});

test('a commit that says [skip ci] anywhere in its message is not built', () => {
  const group = [EVENT, filter('COMMIT_MESSAGE', '\\[skip ci\\]', true)];
  expect(decide(push, [group]).matched).toBe(true);
  expect(decide({ ...push, headCommitMessage: 'Fix a comma\n\n[skip ci]\n' }, [group]).matched).toBe(false);
});

test('one changed file is enough for a file filter, and one is enough to exclude', () => {
  expect(decide(push, [[EVENT, filter('FILE_PATH', '^backend/')]]).matched).toBe(true);
  expect(decide(push, [[EVENT, filter('FILE_PATH', '\\.md$', true)]]).matched).toBe(false);
});

test('a filter on what a push does not have never matches, not even turned around', () => {
  expect(decide(push, [[EVENT, filter('BASE_REF', '^refs/heads/main$')]]).matched).toBe(false);
  expect(decide(push, [[EVENT, filter('BASE_REF', '^refs/heads/main$', true)]]).matched).toBe(false);
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

import { branchPattern, pullRequestsTo, pushesTo } from '../../lib/webhook-filter';

/** As CodeBuild does it: the pattern is searched for anywhere in the ref. */
function builds(branch: string, ref: string): boolean {
  return new RegExp(branchPattern(branch)).test(ref);
}

describe('which pushes start a build', () => {
  test.each(['main', 'release/1.2', 'v1.2', 'c++', 'fix#12', 'user@home', 'a-b_c'])(
    'a push to %s, the branch asked for',
    (branch) => {
      expect(builds(branch, `refs/heads/${branch}`)).toBe(true);
    },
  );

  test.each([
    ['main', 'refs/heads/main-2'],
    ['main', 'refs/heads/maintenance'],
    ['main', 'refs/heads/main/hotfix'],
    ['main', 'refs/heads/main.lock'],
    ['main', 'refs/heads/feature/main'],
    ['main', 'refs/heads/not-main'],
    ['main', 'refs/heads/Main'],
    ['main', 'refs/tags/main'],
    ['main', 'refs/pull/7/merge'],
    // A branch can be named like a ref, and stays another branch.
    ['main', 'refs/heads/refs/heads/main'],
    ['main', 'refs/heads/x\nrefs/heads/main'],
    ['main', 'main'],
    ['main', ''],
    ['ma.n', 'refs/heads/main'],
    ['ma.n', 'refs/heads/maint.ain'],
    ['v1.2', 'refs/heads/v1x2'],
    ['c++', 'refs/heads/c'],
    ['c++', 'refs/heads/ccc'],
    ['a(b)', 'refs/heads/ab'],
    ['a|b', 'refs/heads/a'],
    ['a|b', 'refs/heads/b'],
    ['a[bc]', 'refs/heads/ab'],
    ['a?', 'refs/heads/'],
    ['a*', 'refs/heads/aaa'],
    ['a{2}', 'refs/heads/aa'],
    ['a$', 'refs/heads/a'],
    ['^a', 'refs/heads/a'],
    ['\\w', 'refs/heads/w'],
  ])('a pipeline of %s leaves %j alone', (branch, ref) => {
    expect(builds(branch, ref)).toBe(false);
  });

  test.each(['a(b)', 'a|b', 'a[bc]', 'a?', 'a*', 'a{2}', 'a$', '^a', '\\w', 'ma.n'])(
    "a regular expression's characters in %s stand for themselves",
    (branch) => {
      expect(builds(branch, `refs/heads/${branch}`)).toBe(true);
    },
  );

  test('the filter asks for a push, this ref, and a message without [skip ci], and for nothing else', () => {
    expect(pushesTo('main')._toJson()).toEqual([
      { type: 'EVENT', pattern: 'PUSH' },
      { type: 'HEAD_REF', pattern: '^refs/heads/main$', excludeMatchedPattern: undefined },
      { type: 'COMMIT_MESSAGE', pattern: '\\[skip ci\\]', excludeMatchedPattern: true },
    ]);
  });

  test.each([
    ['Fix the login [skip ci]', true],
    ['[skip ci] docs', true],
    ['body\n\n[skip ci]\n', true],
    // Unescaped, the brackets would be a set of letters, and nearly every message would skip.
    ['Fix the login', false],
    ['skip ci', false],
    ['[skip cd]', false],
  ])('the message %j skips the build: %s', (message, skips) => {
    const filter = pushesTo('main')
      ._toJson()
      .find(({ type }) => type === 'COMMIT_MESSAGE');

    expect(new RegExp(filter?.pattern ?? '').test(message)).toBe(skips);
  });
});

test('a pull request is asked for by what it would change alone: neither its own branch nor its message counts', () => {
  expect(pullRequestsTo('release/1.2')._toJson()).toEqual([
    { type: 'EVENT', pattern: 'PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED, PULL_REQUEST_REOPENED' },
    { type: 'BASE_REF', pattern: '^refs/heads/release/1\\.2$', excludeMatchedPattern: undefined },
  ]);
});

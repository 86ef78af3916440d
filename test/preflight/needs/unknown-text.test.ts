import { couldMatch, mustMatch, withoutShell } from '../../../tools/preflight/needs/unknown-text';

const REPOSITORY = 'arn:aws:ecr:eu-west-1:111122223333:repository';

describe('what a pattern and a text with unknown parts could be', () => {
  test.each([
    [`${REPOSITORY}/app-*`, `${REPOSITORY}/‹…›`],
    [
      `${REPOSITORY}/app-backend`,
      'arn:‹AWS::Partition›:ecr:‹AWS::Region›:‹AWS::AccountId›:repository/app-‹…›',
    ],
    ['‹Repository.Arn›', `${REPOSITORY}/app`],
    ['arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*', 'arn:aws:s3:::bucket/blue/key'],
    ['a?c', 'abc'],
    ['*', '*'],
  ])('%s may be %s, so nothing is said to be missing', (pattern, text) => {
    expect(couldMatch(pattern, text)).toBe(true);
  });

  test.each([
    [`${REPOSITORY}/app-backend`, `${REPOSITORY}/web-‹…›`],
    [`${REPOSITORY}/app`, '*'],
    ['arn:aws:s3:::bucket', 'arn:aws:s3:::bucket/‹key›'],
    ['a?c', 'ac'],
  ])('%s is never %s', (pattern, text) => {
    expect(couldMatch(pattern, text)).toBe(false);
  });

  test('a pattern of many wildcards is answered at once', () => {
    expect(couldMatch(`${'*a'.repeat(60)}b`, `${'‹…›a'.repeat(60)}c`)).toBe(false);
    expect(mustMatch(`${'*a'.repeat(60)}b`, 'a'.repeat(2000))).toBe(false);
  });
});

describe('what a pattern certainly covers', () => {
  test.each([
    [`${REPOSITORY}/*`, `${REPOSITORY}/‹any›`],
    ['*', `${REPOSITORY}/‹any›`],
    ['‹Repository.Arn›', '‹Repository.Arn›'],
    [`${REPOSITORY}/app`, `${REPOSITORY}/app`],
  ])('%s covers %s', (pattern, text) => {
    expect(mustMatch(pattern, text)).toBe(true);
  });

  test.each([
    [`${REPOSITORY}/app-*`, `${REPOSITORY}/‹any›`],
    ['‹Repository.Arn›', `${REPOSITORY}/app`],
    ['arn:aws:s3:::${aws:username}', 'arn:aws:s3:::me'],
    ['role/????', 'role/‹a›'],
  ])('%s may not cover %s', (pattern, text) => {
    expect(mustMatch(pattern, text)).toBe(false);
  });
});

test('what the shell puts into a word is unknown, and what stands around it stays', () => {
  expect(withoutShell('app-$NAME:${TAG:-latest}')).toBe('app-‹…›:‹…›');
  expect(withoutShell('s3://bucket/$(date +%F)/x')).toBe('s3://bucket/‹…›');
  expect(withoutShell('price-5$')).toBe('price-5$');
});

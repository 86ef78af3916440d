import type { Build } from '@aws-sdk/client-codebuild';
import { type History, merged } from '../../tools/releases/history';
import { chosen, targets } from '../../tools/rollback/choose';
import { recordedRelease } from '../releases/recorded-release';

function history(records: readonly object[], builds: readonly Build[] = []): History {
  const versions = records.map((record, i) => ({ Version: i + 1, Value: JSON.stringify(record) }));
  return { environment: 'prod', parameter: '/mangoo-releases/prod', strays: [], ...merged(versions, builds) };
}

const three = history([
  recordedRelease(1, 'a'),
  recordedRelease(2, 'b', { tag: 'v2' }),
  recordedRelease(3, 'c'),
]);
/** Release 4 went back to 1. */
const back = history([
  recordedRelease(1, 'a'),
  recordedRelease(2, 'b'),
  recordedRelease(3, 'c'),
  recordedRelease(4, 'a', { rollback: true }),
]);

function refusal(of: History, asked: string): { message: string; exitCode: number } {
  try {
    chosen(of, asked);
  } catch (error) {
    const { message, exitCode } = error as Error & { exitCode: number };
    return { message, exitCode };
  }
  throw new Error(`${asked} was not refused`);
}

test.each([
  ['its number', '1', '1'],
  ["its build's id", 'mangoo-build-deploy:1', '1'],
  ['its tag', 'v2', '2'],
  ['its commit', 'a'.repeat(40), '1'],
  ['the beginning of its commit', 'bbbbbbb', '2'],
])('a release is called by %s', (_, asked, release) => {
  expect(chosen(three, asked).release).toBe(release);
});

test('a number is a release before it is the beginning of a commit', () => {
  const numbers = history([
    recordedRelease(1234567, '2', {
      started: '2026-11-25T01:00:00.000Z',
      verified: '2026-11-25T01:00:00.000Z',
    }),
    recordedRelease(2, 'b', { commit: `1234567${'0'.repeat(33)}` }),
    recordedRelease(3, 'c'),
  ]);

  expect(chosen(numbers, '1234567').release).toBe('1234567');
});

test.each(['9', 'bbbbbb', 'V2', 'latest', 'main', '--all', 'a'.repeat(41)])(
  'one that there is not (%s) is misuse, answered with those that there are',
  (asked) => {
    expect(refusal(three, asked)).toEqual({
      exitCode: 2,
      message: [
        `there is no release '${asked}' of prod`,
        'There are, newest first:',
        '  2  2026-11-25 02:06  bbbbbbbbbb  Ada: Change b (v2)',
        '  1  2026-11-25 01:06  aaaaaaaaaa  Ada: Change a',
      ].join('\n'),
    });
  },
);

test('a build that failed is no release: what it deployed was never seen to run', () => {
  const phases = [{ phaseType: 'POST_BUILD' as const, phaseStatus: 'FAILED' as const }];
  const failed = { id: 'p:4', buildNumber: 4, buildStatus: 'FAILED' as const, startTime: new Date(), phases };

  const { message, exitCode } = refusal(history([recordedRelease(1, 'a')], [failed]), '4');

  expect({ message, exitCode }).toEqual({
    message: '4 was never released to prod: failed, FAILED in POST_BUILD',
    exitCode: 1,
  });
});

test('what runs is no aim, by whatever name', () => {
  expect(refusal(three, '3')).toEqual({
    message: 'release 3 is what runs in prod; nothing is to be done',
    exitCode: 1,
  });
  expect(refusal(three, 'ccccccc').message).toBe(refusal(three, '3').message);
});

test('what was recorded last is one to go back to, once a build has deployed something that was not seen to run well', () => {
  const stray = { service: 'mangoo-backend-service', taskDefinition: 'arn:backend:4', images: [] };
  const deployed = { ...three, strays: [stray] };

  expect(chosen(deployed, '3').release).toBe('3');
  expect(targets(deployed).map(({ release }) => release)).toEqual(['3', '2', '1']);
  expect(() => chosen({ ...three, strays: 'nobody may look' }, '3')).toThrow(/is what runs/);
});

test('nor is an earlier release of the same images, which is what the last rollback went back to', () => {
  expect(refusal(back, '1').message).toBe('release 1, as 4, is what runs in prod; nothing is to be done');
  expect(targets(back).map(({ release }) => release)).toEqual(['3', '2']);
});

test('after a rollback, one can go forward again', () => {
  expect(chosen(back, '3').release).toBe('3');
});

test('of several releases of one commit with the same images, it is the newest', () => {
  const retried = history([recordedRelease(1, 'a'), recordedRelease(2, 'a'), recordedRelease(3, 'b')]);

  expect(chosen(retried, 'aaaaaaa').release).toBe('2');
  expect(targets(retried).map(({ release }) => release)).toEqual(['2']);
});

test('a name that may mean two is asked about, not guessed', () => {
  const twice = history([
    recordedRelease(1, 'a', { build: 'mangoo-build-prod:x' }),
    recordedRelease(1, 'b', { build: 'mangoo-release-deploy-prod:y' }),
    recordedRelease(2, 'c'),
  ]);

  expect(refusal(twice, '1').message).toBe(
    [
      "'1' may be each of these; say which by its build's id:",
      '  mangoo-release-deploy-prod:y  release 1',
      '  mangoo-build-prod:x  release 1',
    ].join('\n'),
  );
  expect(chosen(twice, 'mangoo-build-prod:x').commit).toBe('a'.repeat(40));
});

test('where nothing was ever released, that is said', () => {
  expect(refusal(history([]), '1')).toEqual({
    message: 'prod has no releases yet: there is nothing in /mangoo-releases/prod',
    exitCode: 2,
  });
});

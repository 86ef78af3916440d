import type { Build } from '@aws-sdk/client-codebuild';
import type { ParameterHistory } from '@aws-sdk/client-ssm';
import { merged } from '../../tools/releases/history';
import { recordedRelease } from './recorded-release';

function versions(...values: readonly (object | string)[]): ParameterHistory[] {
  return values.map((value, i) => ({
    Version: i + 1,
    Value: typeof value === 'string' ? value : JSON.stringify(value),
  }));
}

function build(number: number, buildStatus: Build['buildStatus'], changes: Partial<Build> = {}): Build {
  const startTime = new Date(Date.UTC(2026, 10, 25, number));
  return {
    id: `mangoo-build-deploy:${number}`,
    buildNumber: number,
    buildStatus,
    startTime,
    endTime: new Date(startTime.getTime() + 90_000),
    initiator: 'GitHub-Hookshot/1',
    resolvedSourceVersion: 'c'.repeat(40),
    ...changes,
  };
}

function failing(phaseType: 'BUILD' | 'POST_BUILD', message: string): Partial<Build> {
  return {
    phases: [
      { phaseType: 'INSTALL', phaseStatus: 'SUCCEEDED' },
      { phaseType, phaseStatus: 'FAILED', contexts: [{ statusCode: 'COMMAND_EXECUTION_ERROR', message }] },
    ],
  };
}

test('what runs is the newest version, wherever it stands in the answer; those before it are earlier', () => {
  const [first, second] = versions(recordedRelease(1, 'a'), recordedRelease(2, 'b')) as [
    ParameterHistory,
    ParameterHistory,
  ];

  const { attempts, recorded } = merged([second, first], [build(1, 'SUCCEEDED'), build(2, 'SUCCEEDED')]);

  expect(attempts.map(({ release, status }) => [release, status])).toEqual([
    ['2', 'live'],
    ['1', 'earlier'],
  ]);
  expect(recorded[0]?.release).toBe('2');
  expect(attempts[0]).toMatchObject({ author: 'Ada', commit: 'b'.repeat(40), seconds: 360 });
});

test('a rollback to an earlier release is what runs, though its commit is older', () => {
  const { attempts } = merged(
    versions(recordedRelease(1, 'a'), recordedRelease(2, 'b'), recordedRelease(3, 'a', { rollback: true })),
    [],
  );

  expect(attempts.map(({ release, status, rollback }) => [release, status, rollback])).toEqual([
    ['3', 'live', true],
    ['2', 'earlier', false],
    ['1', 'earlier', false],
  ]);
});

test('builds that came to nothing stand between the releases, each with where it ended', () => {
  const { attempts, recorded } = merged(versions(recordedRelease(1, 'a'), recordedRelease(6, 'b')), [
    build(7, 'IN_PROGRESS', { currentPhase: 'BUILD', endTime: undefined }),
    build(6, 'SUCCEEDED'),
    build(5, 'FAULT'),
    build(4, 'STOPPED', { phases: [{ phaseType: 'POST_BUILD', phaseStatus: 'STOPPED' }] }),
    build(3, 'TIMED_OUT', { phases: [{ phaseType: 'BUILD', phaseStatus: 'TIMED_OUT' }] }),
    build(
      2,
      'FAILED',
      failing('BUILD', 'Error while executing command:\n ci/test.sh. Reason: exit status 1'),
    ),
    build(1, 'SUCCEEDED'),
  ]);

  expect(attempts.map(({ release, status, why }) => [release, status, why])).toEqual([
    ['7', 'running', 'in BUILD'],
    ['6', 'live', undefined],
    ['5', 'faulty', 'FAULT'],
    ['4', 'stopped', 'STOPPED in POST_BUILD'],
    ['3', 'timed out', 'TIMED_OUT in BUILD'],
    [
      '2',
      'failed',
      'FAILED in BUILD: COMMAND_EXECUTION_ERROR: Error while executing command: ci/test.sh. Reason: exit status 1',
    ],
    ['1', 'earlier', undefined],
  ]);
  expect(recorded.map(({ release }) => release)).toEqual(['6', '1']);
  expect(attempts[0]?.seconds).toBeUndefined();
});

test('a build whose release runs, and that failed after, is the release, and says both', () => {
  const { attempts } = merged(versions(recordedRelease(1, 'a')), [
    build(1, 'FAILED', failing('POST_BUILD', 'ci/tag-latest.sh')),
  ]);

  expect(attempts).toHaveLength(1);
  expect(attempts[0]).toMatchObject({
    status: 'live',
    why: 'after its rollout, FAILED in POST_BUILD: COMMAND_EXECUTION_ERROR: ci/tag-latest.sh',
  });
});

test('a build that succeeded without a record is no release: nobody goes back to what nobody saw run', () => {
  const { attempts, recorded } = merged([], [build(1, 'SUCCEEDED')]);

  expect(recorded).toEqual([]);
  expect(attempts[0]).toMatchObject({ status: 'unrecorded', initiator: 'GitHub-Hookshot/1' });
});

test('a rollback that failed is told as one', () => {
  const environmentVariables = [{ name: 'ROLLBACK', value: '1' }];
  const environment = { environmentVariables } as unknown as Build['environment'];

  const { attempts } = merged([], [build(2, 'FAILED', { environment }), build(1, 'FAILED')]);

  expect(attempts.map(({ rollback }) => rollback)).toEqual([true, false]);
});

test.each([
  ['text', 'by hand'],
  ['nothing', 'null'],
  ['another version', { ...recordedRelease(1, 'a'), version: 2 }],
  ['no commit', { ...recordedRelease(1, 'a'), commit: '--upload-pack=x' }],
  ['no tag', { ...recordedRelease(1, 'a'), tag: 'v1,type=SECRETS_MANAGER' }],
  ['no images', { ...recordedRelease(1, 'a'), images: {} }],
  ['no digest', { ...recordedRelease(1, 'a'), images: { backend: { repository: 'r', digest: 'latest' } } }],
  ['no author', { ...recordedRelease(1, 'a'), author: undefined }],
])('what somebody has put there by hand (%s) is left out and told, and hides no release', (_, value) => {
  const { recorded, unreadable } = merged(versions(recordedRelease(1, 'a'), value), []);

  expect(recorded.map(({ release }) => release)).toEqual(['1']);
  expect(unreadable).toEqual([2]);
});

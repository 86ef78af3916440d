import { merged } from '../../tools/releases/history';
import { table } from '../../tools/releases/table';
import { recordedRelease } from './recorded-release';

function lines(records: readonly object[], limit = 20): string[] {
  const versions = records.map((record, i) => ({ Version: i + 1, Value: JSON.stringify(record) }));
  const history = {
    environment: 'prod',
    parameter: '/mangoo-releases/prod',
    strays: [],
    ...merged(versions, []),
  };
  return table(history, limit);
}

test('each release says when, which commit, who, how long, and with which images; what runs is marked', () => {
  const unchanged = recordedRelease(2, 'b');
  const { backend } = recordedRelease(1, 'a').images;

  expect(
    lines([
      recordedRelease(1, 'a', { seconds: 45 }),
      { ...unchanged, images: { ...unchanged.images, backend: { ...backend, built: false } } },
    ]),
  ).toEqual([
    'Environment prod, by /mangoo-releases/prod',
    '',
    '   release  when (UTC)        commit      who  took   status',
    '*  2        2026-11-25 02:00  bbbbbbbbbb  Ada  6 min  live',
    '     Change b',
    '     backend sha256:baaaaaaaaaaa of aaaaaaaaaa  frontend sha256:fbbbbbbbbbbb built',
    '   1        2026-11-25 01:00  aaaaaaaaaa  Ada  45 s   earlier',
    '     Change a',
    '     backend sha256:baaaaaaaaaaa built  frontend sha256:faaaaaaaaaaa built',
  ]);
});

test('a tag of its own and a rollback are told', () => {
  const told = lines([recordedRelease(1, 'a', { tag: 'v1.2', rollback: true })]).join('\n');

  expect(told).toContain('live, rollback');
  expect(told).toContain('\n     tag v1.2\n');
});

test('what an author has written does not command the terminal of whoever looks', () => {
  const told = lines([
    recordedRelease(1, 'a', { author: 'Eve\u001b[2J', subject: 'Fix\r\u009b31m it\u202e' }),
  ]).join('\n');

  expect(told).toContain('Eve?[2J');
  expect(told).toContain('Fix??31m it?');
  expect(told).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

test('what does not fit is counted, so that nobody takes the oldest for the first', () => {
  const told = lines([recordedRelease(1, 'a'), recordedRelease(2, 'b'), recordedRelease(3, 'c')], 1);

  expect(told.filter((line) => /^[* ] {2}\d/.test(line))).toHaveLength(1);
  expect(told.at(-1)).toBe('2 older: --limit 3');
});

test('what runs and is no release is told first, so that nobody takes the last one for it', () => {
  const records = [{ Version: 1, Value: JSON.stringify(recordedRelease(1, 'a')) }];
  const images = ['mangoo-backend@sha256:b', 'sidecar\u001b[2J'];
  const strays = [{ service: 'mangoo-backend-service', taskDefinition: 'arn:backend:2', images }];
  const history = { environment: 'prod', parameter: '/mangoo-releases/prod' };

  const told = table({ ...history, strays, ...merged(records, [], true) }, 20);

  expect(told.slice(2, 4)).toEqual([
    'WARNING: what runs is not what release 1 has recorded: a build has deployed it since, and was not seen to end well, or is not at its end',
    '  mangoo-backend-service runs mangoo-backend@sha256:b, sidecar?[2J',
  ]);
  expect(told.join('\n')).toMatch(/^ {2}1 .* recorded$/m);
  expect(told.join('\n')).not.toContain('live');
});

test('an environment in which nothing has happened says so', () => {
  expect(lines([])).toEqual(['Environment prod: no releases yet, and no builds']);
});

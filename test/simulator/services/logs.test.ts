import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  type DescribeLogStreamsCommandInput,
  FilterLogEventsCommand,
  type FilteredLogEvent,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
  type GetLogEventsCommandInput,
  type GetLogEventsCommandOutput,
  PutLogEventsCommand,
  StartLiveTailCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { setTimeout } from 'node:timers/promises';
import type { BuildLog } from '../../../tools/simulator/services/build-log';
import { type Harness, startHarness } from '../gateway/harness';

let harness: Harness;
let client: CloudWatchLogsClient;
let group: string;
let number = 0;

beforeAll(async () => {
  harness = await startHarness();
  // The operation behind `start-live-tail` has a host name of its own.
  client = new CloudWatchLogsClient({ ...harness.client, disableHostPrefix: true });
});

afterAll(() => harness.stop());

beforeEach(async () => {
  number += 1;
  base += 1000;
  group = `/aws/codebuild/mangoo-${number}`;
  await client.send(new CreateLogGroupCommand({ logGroupName: group }));
});

/** When a test's logs begin. The logs never go back in time, so each test begins later than the one before. */
let base = Date.now() + 60_000;
const time = (milliseconds: number): number => base + milliseconds;

/** Writes each text at its time. */
function writeAt(texts: readonly (readonly [number, BuildLog, string])[]): void {
  const now = jest.spyOn(Date, 'now');
  for (const [milliseconds, log, text] of texts) {
    now.mockReturnValue(time(milliseconds));
    log.write(text);
  }
  now.mockRestore();
}

/** All pages, as the CLI's paginator takes them. */
async function filtered(input: Partial<FilterLogEventsCommandInput> = {}): Promise<{
  events: FilteredLogEvent[];
  pages: number[];
}> {
  const events: FilteredLogEvent[] = [];
  const pages: number[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(
      new FilterLogEventsCommand({ logGroupName: group, interleaved: true, ...input, nextToken }),
    );
    events.push(...(page.events ?? []));
    pages.push(page.events?.length ?? 0);
    nextToken = page.nextToken;
  } while (nextToken);
  return { events, pages };
}

const messages = (events: readonly { message?: string }[] = []): string[] =>
  events.map(({ message = '' }) => message);

const filteredMessages = async (input: Partial<FilterLogEventsCommandInput> = {}): Promise<string[]> =>
  messages((await filtered(input)).events);

const get = (input: Partial<GetLogEventsCommandInput> = {}): Promise<GetLogEventsCommandOutput> =>
  client.send(new GetLogEventsCommand({ logGroupName: group, logStreamName: 'a', ...input }));

async function streamNames(input: Partial<DescribeLogStreamsCommandInput> = {}): Promise<string[]> {
  const { logStreams = [] } = await client.send(
    new DescribeLogStreamsCommand({ logGroupName: group, ...input }),
  );
  return logStreams.map(({ logStreamName = '' }) => logStreamName);
}

describe('searching a group', () => {
  test('the lines of two builds come in the order of time, each with its stream', async () => {
    const [a, b] = [harness.buildLogs.open(group, 'a'), harness.buildLogs.open(group, 'b')];
    writeAt([
      [0, a, 'a1\n'],
      [10, b, 'b1\nb2\n'],
      [20, a, 'a2\n'],
      [30, b, 'b3\n'],
    ]);

    const { events } = await filtered();

    expect(
      events.map(({ logStreamName, message, timestamp }) => [logStreamName, message, timestamp]),
    ).toEqual([
      ['a', 'a1\n', time(0)],
      ['b', 'b1\n', time(10)],
      ['b', 'b2\n', time(10)],
      ['a', 'a2\n', time(20)],
      ['b', 'b3\n', time(30)],
    ]);
    const ids = events.map(({ eventId = '' }) => eventId);
    expect(ids).toEqual([...new Set(ids)].sort());
  });

  test('the pages of 12,000 events lose none and double none', async () => {
    const open = ['a', 'b', 'c'].map((name) => harness.buildLogs.open(group, name));
    const written: string[] = [];
    for (let i = 0; i < 12_000; i += 1) {
      open[i % 3]!.write(`line ${i}\n`);
      written.push(`line ${i}\n`);
    }

    const { events, pages } = await filtered();
    expect(pages).toEqual([10_000, 2_000]);
    expect(messages(events).sort()).toEqual(written.sort());

    const small = await filtered({ limit: 999 });
    expect(Math.max(...small.pages)).toBe(999);
    expect(small.events).toEqual(events);
  });

  test('a page holds 1 MB, so that no answer grows without bound', async () => {
    const log = harness.buildLogs.open(group, 'a');
    for (let i = 0; i < 5; i += 1) log.write(`${i}${'x'.repeat(400_000)}\n`);
    log.write('y'.repeat(2_000_000));
    log.end();

    const { events, pages } = await filtered();

    expect(pages).toEqual([2, 2, 1, 1, 1]);
    expect(messages(events).join('')).toHaveLength(5 * 400_002 + 2_000_000);
  });

  test('a search for a needle goes on through empty pages until it has it', async () => {
    const log = harness.buildLogs.open(group, 'a');
    const hay = `${'x'.repeat(99)}\n`.repeat(10_000);
    for (let i = 0; i < 40; i += 1) log.write(hay);
    log.write('a needle\n');

    const { events, pages } = await filtered({ filterPattern: 'needle' });

    expect(messages(events)).toEqual(['a needle\n']);
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.slice(0, -1).some(Boolean)).toBe(false);
  });

  test('times, streams and patterns narrow it', async () => {
    const [a, b, c] = ['build/a', 'build/b', 'other'].map((name) => harness.buildLogs.open(group, name));
    writeAt([
      [0, a!, 'one ERROR\n'],
      [10, b!, 'two\n'],
      [20, c!, 'three ERROR\n'],
      [30, a!, 'four\n'],
    ]);

    expect(await filteredMessages({ startTime: time(10) })).toEqual(['two\n', 'three ERROR\n', 'four\n']);
    // Unlike GetLogEvents, the end counts.
    expect(await filteredMessages({ endTime: time(10) })).toEqual(['one ERROR\n', 'two\n']);
    expect(await filteredMessages({ startTime: time(31) })).toEqual([]);
    expect(await filteredMessages({ logStreamNames: ['build/a', 'other'] })).toEqual([
      'one ERROR\n',
      'three ERROR\n',
      'four\n',
    ]);
    expect(await filteredMessages({ logStreamNamePrefix: 'build/' })).toEqual([
      'one ERROR\n',
      'two\n',
      'four\n',
    ]);
    expect(await filteredMessages({ filterPattern: 'ERROR -three' })).toEqual(['one ERROR\n']);
  });

  test('a group may be named by its ARN', async () => {
    harness.buildLogs.open(group, 'a').write('one\n');
    const logGroupIdentifier = `arn:aws:logs:us-east-1:123456789012:log-group:${group}`;

    expect(await filteredMessages({ logGroupName: undefined, logGroupIdentifier })).toEqual(['one\n']);
  });

  test.each<[string, Partial<FilterLogEventsCommandInput>, string, string]>([
    ['a group that is not there', { logGroupName: '/none' }, 'ResourceNotFoundException', 'group does not'],
    ['a stream that is not', { logStreamNames: ['none'] }, 'ResourceNotFoundException', 'stream does not'],
    [
      'names beside a prefix',
      { logStreamNames: ['a'], logStreamNamePrefix: 'a' },
      'InvalidParameterException',
      'exclude each other',
    ],
    ['a token of nobody', { nextToken: 'x' }, 'InvalidParameterException', 'nextToken is invalid'],
    ['a page of 10,001', { limit: 10_001 }, 'InvalidParameterException', 'less than or equal to 10000'],
    ['both names', { logGroupIdentifier: 'x' }, 'InvalidParameterException', 'not both'],
    ['a pattern of fields', { filterPattern: '[a, b]' }, 'InvalidParameterException', 'filter pattern'],
  ])('%s is refused', async (_what, input, name, message) => {
    const command = new FilterLogEventsCommand({ logGroupName: group, ...input });

    await expect(client.send(command)).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message) as string,
    });
  });
});

/** What `aws logs tail --follow` does: it asks from the newest time it has seen, and leaves out the ids it knows. */
async function* follow(until: () => boolean): AsyncGenerator<string> {
  let startTime: number | undefined;
  let seen = new Set<string>();
  for (let last = false; !last;) {
    last = until();
    const { events } = await filtered({ startTime, limit: 100 });
    for (const { eventId = '', timestamp = 0, message = '' } of events) {
      if (timestamp !== startTime) seen = new Set();
      startTime = timestamp;
      if (seen.has(eventId)) continue;
      seen.add(eventId);
      yield message;
    }
  }
}

test('who follows builds that are running sees every line once, as it comes', async () => {
  const open = ['a', 'b', 'c'].map((name) => harness.buildLogs.open(group, name));
  const written: string[] = [];
  const seen: string[] = [];
  let seenEarly = 0;
  let ended = false;
  const builds = (async () => {
    // Until the reader has kept up with them for a while.
    while (seenEarly < 500 && written.length < 100_000) {
      for (let i = 0; i < 5; i += 1) {
        const line = `line ${written.length}\n`;
        open[(written.length * 7) % 3]!.write(line);
        written.push(line);
      }
      await setTimeout(1);
    }
    ended = true;
  })();

  for await (const message of follow(() => ended)) {
    seen.push(message);
    if (!ended) seenEarly += 1;
  }
  await builds;

  expect(seenEarly).toBeGreaterThanOrEqual(500);

  expect(seen).toHaveLength(written.length);
  expect(seen.sort()).toEqual(written.sort());
});

describe('reading one stream', () => {
  beforeEach(() => {
    const log = harness.buildLogs.open(group, 'a');
    writeAt(Array.from({ length: 10 }, (_, i) => [i * 10, log, `line ${i}\n`] as const));
  });

  const lines = (...numbers: number[]): string[] => numbers.map((i) => `line ${i}\n`);

  test('without a direction it is the end that is shown', async () => {
    const { events } = await get({ limit: 3 });

    expect(messages(events)).toEqual(lines(7, 8, 9));
    expect(events![0]).toEqual({ timestamp: time(70), ingestionTime: time(70), message: 'line 7\n' });
  });

  test('tokens go forward to the end, where the same one comes back until there is more', async () => {
    let page = await get({ limit: 4, startFromHead: true });
    expect(messages(page.events)).toEqual(lines(0, 1, 2, 3));
    page = await get({ limit: 4, startFromHead: true, nextToken: page.nextForwardToken });
    expect(messages(page.events)).toEqual(lines(4, 5, 6, 7));
    page = await get({ limit: 4, startFromHead: true, nextToken: page.nextForwardToken });
    expect(messages(page.events)).toEqual(lines(8, 9));
    const atEnd = page.nextForwardToken;
    page = await get({ startFromHead: true, nextToken: atEnd });
    expect(page).toMatchObject({ events: [], nextForwardToken: atEnd });

    harness.buildLogs.open(group, 'a').write('line 10\n');
    page = await get({ startFromHead: true, nextToken: atEnd });
    expect(messages(page.events)).toEqual(lines(10));
  });

  test('tokens go backward to the beginning, where the same one comes back', async () => {
    let page = await get({ limit: 6 });
    page = await get({ limit: 6, nextToken: page.nextBackwardToken });
    expect(messages(page.events)).toEqual(lines(0, 1, 2, 3));
    const atBeginning = page.nextBackwardToken;
    page = await get({ nextToken: atBeginning });
    expect(page).toMatchObject({ events: [], nextBackwardToken: atBeginning });
    // And from there forward again.
    page = await get({ startFromHead: true, limit: 2, nextToken: page.nextForwardToken });
    expect(messages(page.events)).toEqual(lines(0, 1));
  });

  test('the end of a time range does not count', async () => {
    const range = { startTime: time(20), endTime: time(50) };

    expect(messages((await get({ ...range, startFromHead: true })).events)).toEqual(lines(2, 3, 4));
    expect(messages((await get({ ...range, limit: 2 })).events)).toEqual(lines(3, 4));
    expect(messages((await get(range)).events)).toEqual(lines(2, 3, 4));
    const { nextBackwardToken: nextToken } = await get({ limit: 1 });
    expect(messages((await get({ ...range, nextToken })).events)).toEqual(lines(2, 3, 4));
  });

  test.each([
    ['a stream that is not there', { logStreamName: 'none' }, 'ResourceNotFoundException'],
    ['a group that is not', { logGroupName: '/none' }, 'ResourceNotFoundException'],
    ['a token of nobody', { nextToken: 'x' }, 'InvalidParameterException'],
  ])('%s is refused', async (_what, input, name) => {
    await expect(get(input)).rejects.toMatchObject({ name });
  });
});

describe('the streams of a group', () => {
  beforeEach(() => {
    const [b, a, c] = ['b', 'a', 'c'].map((name) => harness.buildLogs.open(group, name));
    writeAt([
      [0, c!, 'one\n'],
      [10, a!, 'two\n'],
      [20, b!, 'three\n'],
      [30, a!, 'four\n'],
    ]);
    harness.buildLogs.open(group, 'empty');
  });

  test('they come by name, or by their last event, either way round', async () => {
    expect(await streamNames()).toEqual(['a', 'b', 'c', 'empty']);
    expect(await streamNames({ descending: true })).toEqual(['empty', 'c', 'b', 'a']);
    expect(await streamNames({ orderBy: 'LastEventTime' })).toEqual(['empty', 'c', 'b', 'a']);
    expect(await streamNames({ orderBy: 'LastEventTime', descending: true, limit: 1 })).toEqual(['a']);
    expect(await streamNames({ logStreamNamePrefix: 'e' })).toEqual(['empty']);
    await expect(streamNames({ orderBy: 'LastEventTime', logStreamNamePrefix: 'e' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  test('each says when it was used, and one that was not says nothing', async () => {
    const { logStreams } = await client.send(new DescribeLogStreamsCommand({ logGroupName: group }));

    expect(logStreams![0]).toEqual({
      logStreamName: 'a',
      arn: `arn:aws:logs:us-east-1:123456789012:log-group:${group}:log-stream:a`,
      creationTime: expect.any(Number) as number,
      firstEventTimestamp: time(10),
      lastEventTimestamp: time(30),
      lastIngestionTime: time(30),
      storedBytes: 0,
    });
    expect(Object.keys(logStreams![3]!)).not.toContain('lastEventTimestamp');
  });

  test('pages go through all of them', async () => {
    for (let i = 0; i < 60; i += 1) harness.buildLogs.open(group, `s${i}`);
    const first = await client.send(new DescribeLogStreamsCommand({ logGroupName: group }));
    const second = await client.send(
      new DescribeLogStreamsCommand({ logGroupName: group, nextToken: first.nextToken }),
    );

    expect(first.logStreams).toHaveLength(50);
    expect(second.nextToken).toBeUndefined();
    const names = [...first.logStreams!, ...second.logStreams!].map((stream) => stream.logStreamName);
    expect(new Set(names).size).toBe(64);
  });

  test('a deleted one is gone, and the others stay', async () => {
    await client.send(new DeleteLogStreamCommand({ logGroupName: group, logStreamName: 'b' }));

    expect(await streamNames()).toEqual(['a', 'c', 'empty']);
    expect(await filteredMessages()).toEqual(['one\n', 'two\n', 'four\n']);
  });
});

describe('streams that somebody makes through the API', () => {
  beforeEach(async () => {
    for (const logStreamName of ['mine', 'yours']) {
      await client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName }));
    }
    await client.send(
      new PutLogEventsCommand({
        logGroupName: group,
        logStreamName: 'mine',
        logEvents: [
          { timestamp: time(5), message: 'mine at 5' },
          { timestamp: time(25), message: 'mine at 25' },
          { timestamp: time(25), message: 'mine at 25, too' },
        ],
      }),
    );
    const log = harness.buildLogs.open(group, 'a');
    writeAt([
      [0, log, 'build at 0\n'],
      [10, log, 'build at 10\n'],
      [30, log, 'build at 30\n'],
    ]);
  });

  test('one search finds both kinds, however small the pages', async () => {
    const expected = [
      'build at 0\n',
      'mine at 5',
      'build at 10\n',
      'mine at 25',
      'mine at 25, too',
      'build at 30\n',
    ];

    expect(await filteredMessages()).toEqual(expected);
    expect(await filteredMessages({ limit: 1 })).toEqual(expected);
    expect(await filteredMessages({ logStreamNames: ['mine'], filterPattern: 'too' })).toEqual([
      'mine at 25, too',
    ]);
    const ids = (await filtered()).events.map(({ eventId }) => eventId);
    expect(new Set(ids).size).toBe(6);
  });

  test('both kinds are listed and read', async () => {
    expect(await streamNames()).toEqual(['a', 'mine', 'yours']);
    expect(messages((await get({ logStreamName: 'mine', startFromHead: true })).events)).toHaveLength(3);
    expect(messages((await get({ logStreamName: 'a', startFromHead: true })).events)).toHaveLength(3);
    expect((await get({ logStreamName: 'yours' })).events).toEqual([]);
  });
});

test('a group deleted through the API forgets its builds', async () => {
  const log = harness.buildLogs.open(group, 'a');
  log.write('one\n');

  await client.send(new DeleteLogGroupCommand({ logGroupName: group }));

  expect(harness.buildLogs.of(group)).toBeUndefined();
  await expect(filtered()).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'The specified log group does not exist.',
  });
  await client.send(new CreateLogGroupCommand({ logGroupName: group }));
  expect(await filteredMessages()).toEqual([]);
});

test('a group that cannot be deleted keeps its builds', async () => {
  harness.buildLogs.open(group, 'a').write('one\n');
  harness.authorizer.denied.add('logs:DeleteLogGroup');

  await expect(client.send(new DeleteLogGroupCommand({ logGroupName: group }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
  harness.authorizer.denied.clear();

  expect(await filteredMessages()).toEqual(['one\n']);
});

test('the logs of a group that only builds know can be read, listed and deleted', async () => {
  await client.send(new DeleteLogGroupCommand({ logGroupName: group }));
  harness.buildLogs.open(group, 'a').write('one\n');

  expect(await filteredMessages()).toEqual(['one\n']);
  expect(await streamNames()).toEqual(['a']);
  await expect(get({ logStreamName: 'none' })).rejects.toMatchObject({
    message: 'The specified log stream does not exist.',
  });
  await client.send(new DeleteLogGroupCommand({ logGroupName: group }));
  await expect(streamNames()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('what it does not answer itself, the emulator does', async () => {
  const { logGroups } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: group }));

  expect(logGroups?.map(({ logGroupName }) => logGroupName)).toEqual([group]);
});

test('a live tail is refused with what to use instead', async () => {
  const logGroupIdentifiers = [`arn:aws:logs:us-east-1:123456789012:log-group:${group}`];

  await expect(client.send(new StartLiveTailCommand({ logGroupIdentifiers }))).rejects.toMatchObject({
    name: 'InvalidOperationException',
    message: expect.stringContaining('aws logs tail') as string,
  });
});

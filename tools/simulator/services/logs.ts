import { createHash } from 'node:crypto';
import type { Emulated } from '../gateway/emulated';
import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';
import { type BuildLog, EVENT_OVERHEAD_BYTES, type LogEvent } from './build-log';
import type { BuildLogs } from './build-logs';
import { filterOf } from './filter-pattern';

const MAX_EVENTS = 10_000;
const MAX_STREAMS = 50;
/** Of events, in one answer. */
const MAX_BYTES = 1024 * 1024;
/** A search that finds little goes on in the next page, as on AWS: one request does not stop the builds for long. */
const MAX_SEARCHED_BYTES = 16 * MAX_BYTES;

/**
 * CloudWatch Logs with the logs of builds in it. The emulator keeps the groups, and the streams that somebody makes through
 * the API; answers about a group have both.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/
 */
export class Logs implements Service {
  constructor(
    private readonly account: string,
    private readonly emulated: Pick<Emulated, 'call'>,
    private readonly builds: BuildLogs,
  ) {}

  async handle(request: AwsRequest): Promise<AwsResponse | undefined> {
    const operation = this.operations[request.operation];
    if (!operation) return undefined;
    const output = await operation(request, request.input);
    if (output === undefined) return undefined;
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(output),
    };
  }

  /** Undefined: the emulator answers. */
  private readonly operations: Readonly<
    Record<string, (request: AwsRequest, input: Input) => Promise<object | undefined>>
  > = {
    FilterLogEvents: (request, input) => this.filterLogEvents(request, input),
    GetLogEvents: (request, input) => this.getLogEvents(request, input),
    DescribeLogStreams: (request, input) => this.describeLogStreams(request, input),

    DeleteLogStream: (_request, input) =>
      Promise.resolve(this.builds.deleteStream(groupOf(input), input.logStreamName ?? '') ? {} : undefined),

    DeleteLogGroup: async (request, input) => {
      const group = groupOf(input);
      await this.knownToEmulator(group, () => this.emulated.call(request, 'DeleteLogGroup', input));
      this.builds.delete(group);
      return {};
    },

    StartLiveTail: () => {
      throw new AwsError(
        'InvalidOperationException',
        'The simulator does not play StartLiveTail. `aws logs tail GROUP --follow` shows the same lines.',
      );
    },
  };

  private async filterLogEvents(request: AwsRequest, input: Input): Promise<object> {
    const group = groupOf(input);
    const limit = within(input.limit, MAX_EVENTS);
    const matches = filterOf(input.filterPattern ?? '');
    const from = input.nextToken
      ? cursorOf(input.nextToken)
      : { timestamp: input.startTime ?? 0, key: '', position: 0 };
    const streams = await this.streamsOf(request, group);
    const searched = await Promise.all(
      selected(streams, input).map(async ({ key, name, first, last, events }) =>
        first === undefined || last === undefined || last < from.timestamp
          ? []
          : [{ key, name, first, events: await events(from) }],
      ),
    );
    const events: object[] = [];
    const page = new Page(limit);
    let searchedBytes = 0;
    for (const [stream, event] of merged(searched.flat())) {
      if (event.timestamp > (input.endTime ?? Infinity)) break;
      const matching = matches(event.message);
      if (searchedBytes >= MAX_SEARCHED_BYTES || (matching && !page.take(event))) {
        return { events, searchedLogStreams: [], nextToken: idOf(stream, event) };
      }
      searchedBytes += sizeOf(event);
      if (!matching) continue;
      const { timestamp, message, ingestionTime = timestamp } = event;
      events.push({
        logStreamName: stream.name,
        timestamp,
        message,
        ingestionTime,
        eventId: idOf(stream, event),
      });
    }
    return { events, searchedLogStreams: [] };
  }

  /** Streams of the emulator are left to it. */
  private async getLogEvents(request: AwsRequest, input: Input): Promise<object | undefined> {
    const { startTime = 0, endTime = Infinity, nextToken, startFromHead, logStreamName } = input;
    const limit = within(input.limit, MAX_EVENTS);
    const group = groupOf(input);
    const log = this.builds.get(group, logStreamName ?? '');
    if (!log) {
      selected(await this.streamsOf(request, group), { logStreamNames: [logStreamName ?? ''] });
      return undefined;
    }
    const token = /^([fb])\/(\d{1,56})$/.exec(nextToken ?? '');
    if (nextToken !== undefined && !token) throw invalid('The specified nextToken is invalid.');
    const forward = token ? token[1] === 'f' : startFromHead;
    const first = log.positionAt(startTime);
    const end = log.positionAt(endTime);
    const start = token ? Number(token[2]) : forward ? first : end;
    const page = new Page(limit);
    const events: LogEvent[] = [];
    if (forward) {
      for (const event of log.events(Math.max(start, first), end)) {
        if (!page.take(event)) break;
        events.push(event);
      }
    } else {
      for (const event of log.eventsBefore(Math.min(start, end), MAX_BYTES).reverse()) {
        if (event.position < first || !page.take(event)) break;
        events.unshift(event);
      }
    }
    const last = events.at(-1);
    return {
      events: events.map(({ timestamp, message }) => ({ timestamp, message, ingestionTime: timestamp })),
      // With nothing more in a direction, its token comes back as it was given.
      nextForwardToken: `f/${padded(last?.end ?? start, 56)}`,
      nextBackwardToken: `b/${padded(events[0]?.position ?? start, 56)}`,
    };
  }

  private async describeLogStreams(request: AwsRequest, input: Input): Promise<object> {
    const { orderBy = 'LogStreamName', logStreamNamePrefix, nextToken } = input;
    const limit = within(input.limit, MAX_STREAMS) ?? MAX_STREAMS;
    if (orderBy === 'LastEventTime' && logStreamNamePrefix !== undefined) {
      throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
    }
    const streams = selected(await this.streamsOf(request, groupOf(input)), { logStreamNamePrefix }).sort(
      (a, b) => (orderBy === 'LastEventTime' ? (a.last ?? 0) - (b.last ?? 0) : 0) || compare(a.name, b.name),
    );
    if (input.descending) streams.reverse();
    const start = nextToken === undefined ? 0 : streams.findIndex(({ name }) => name === nextToken);
    if (start < 0) throw invalid('The specified nextToken is invalid.');
    return {
      logStreams: streams.slice(start, start + limit).map(({ description }) => description),
      nextToken: streams[start + limit]?.name,
    };
  }

  /** @throws AwsError where neither the emulator nor a build has the group */
  private async streamsOf(request: AwsRequest, group: string): Promise<Stream[]> {
    const emulated = await this.knownToEmulator(group, () => this.emulatedStreams(request, group));
    const arn = `arn:aws:logs:${request.region}:${this.account}:log-group:${group}`;
    const builds = [...(this.builds.of(group) ?? [])].map(([name, log]) => buildStream(arn, name, log));
    return [...(emulated ?? []), ...builds];
  }

  /** A group may be there for its builds alone, as CodeBuild makes one that is missing. */
  private async knownToEmulator<T>(group: string, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof AwsError && error.code === 'ResourceNotFoundException' && this.builds.of(group)) {
        return undefined;
      }
      throw error;
    }
  }

  private async emulatedStreams(request: AwsRequest, logGroupName: string): Promise<Stream[]> {
    const pages = this.pages<{ logStreams: StreamDescription[] }>(request, 'DescribeLogStreams', {
      logGroupName,
    });
    const streams: Stream[] = [];
    for await (const { logStreams } of pages) {
      for (const description of logStreams) {
        const { logStreamName: name, firstEventTimestamp, lastEventTimestamp } = description;
        streams.push({
          name,
          key: keyOf(name),
          description,
          first: firstEventTimestamp,
          last: lastEventTimestamp,
          events: (from) => this.emulatedEvents(request, logGroupName, name, from),
        });
      }
    }
    return streams;
  }

  private async emulatedEvents(
    request: AwsRequest,
    logGroupName: string,
    name: string,
    from: Cursor,
  ): Promise<Event[]> {
    const pages = this.pages<{ events: (Event & { eventId: string })[] }>(request, 'FilterLogEvents', {
      logGroupName,
      logStreamNames: [name],
      startTime: from.timestamp,
    });
    const key = keyOf(name);
    const events: Event[] = [];
    for await (const page of pages) {
      for (const event of page.events) {
        const position = Number(event.eventId);
        if (isBefore({ timestamp: event.timestamp, key, position }, from)) continue;
        events.push({ ...event, position });
      }
    }
    return events;
  }

  private async *pages<Output extends object>(
    request: AwsRequest,
    operation: string,
    input: object,
  ): AsyncGenerator<Output> {
    let nextToken: string | undefined;
    do {
      const page = await this.emulated.call<Output & { nextToken?: string | null }>(request, operation, {
        ...input,
        nextToken,
      });
      yield page as Output;
      nextToken = page.nextToken ?? undefined;
    } while (nextToken !== undefined);
  }
}

/** What of an operation's input is read here. */
interface Input {
  readonly logGroupName?: string;
  readonly logGroupIdentifier?: string;
  readonly logStreamName?: string;
  readonly logStreamNames?: readonly string[];
  readonly logStreamNamePrefix?: string;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly filterPattern?: string;
  readonly limit?: number;
  readonly nextToken?: string;
  readonly startFromHead?: boolean;
  readonly orderBy?: string;
  readonly descending?: boolean;
}

interface StreamDescription {
  readonly logStreamName: string;
  readonly firstEventTimestamp?: number;
  readonly lastEventTimestamp?: number;
}

type Event = Omit<LogEvent, 'end'> & { readonly ingestionTime?: number };

/** A log stream, whoever keeps it. */
interface Stream {
  readonly name: string;
  /** Digits for the name, because event ids are digits. They put the events of one millisecond in order. */
  readonly key: string;
  readonly description: StreamDescription;
  readonly first?: number;
  readonly last?: number;
  readonly events: (from: Cursor) => Iterable<Event> | Promise<Iterable<Event>>;
}

interface Searched extends Pick<Stream, 'key'> {
  readonly first: number;
  readonly events: Iterable<Event>;
}

/** A place in the order of a group's events: by time, stream, and place in the stream. */
interface Cursor {
  readonly timestamp: number;
  readonly key: string;
  readonly position: number;
}

function buildStream(groupArn: string, name: string, log: BuildLog): Stream {
  const { creationTime, firstEventTimestamp, lastEventTimestamp, endPosition } = log;
  const key = keyOf(name);
  return {
    name,
    key,
    first: firstEventTimestamp,
    last: lastEventTimestamp,
    description: {
      logStreamName: name,
      creationTime,
      ...(lastEventTimestamp !== undefined && {
        firstEventTimestamp,
        lastEventTimestamp,
        lastIngestionTime: lastEventTimestamp,
      }),
      arn: `${groupArn}:log-stream:${name}`,
      // Since 2019 it is 0 for every stream.
      storedBytes: 0,
    } as StreamDescription,
    events: (from) => {
      const start = log.positionAt(key < from.key ? from.timestamp + 1 : from.timestamp);
      return log.events(key === from.key ? Math.max(start, from.position) : start, endPosition);
    },
  };
}

/** All events of the streams in order. None is opened before the turn of its first event: a group may have hundreds. */
function* merged<S extends Searched>(streams: readonly S[]): Generator<[S, Event]> {
  const waiting = streams.toSorted((a, b) => b.first - a.first);
  const open: Reading<S>[] = [];
  try {
    for (;;) {
      let next = earliest(open);
      for (let stream = waiting.at(-1); stream; stream = waiting.at(-1)) {
        if (next && next.event.timestamp < stream.first) break;
        waiting.pop();
        const events = stream.events[Symbol.iterator]() as Iterator<Event, undefined>;
        const event = events.next().value;
        if (event) open.push({ stream, events, event });
        next = earliest(open);
      }
      if (!next) return;
      yield [next.stream, next.event];
      const event = next.events.next().value;
      if (event) next.event = event;
      else open.splice(open.indexOf(next), 1);
    }
  } finally {
    for (const { events } of open) events.return?.();
  }
}

interface Reading<S> {
  readonly stream: S;
  readonly events: Iterator<Event, undefined>;
  event: Event;
}

function earliest<S extends Searched>([first, ...others]: readonly Reading<S>[]): Reading<S> | undefined {
  return others.reduce(
    (a, b) => (a && isBefore(cursorAt(a.stream, a.event), cursorAt(b.stream, b.event)) ? a : b),
    first,
  );
}

/** What fits into one answer. */
class Page {
  private count = 0;
  private bytes = 0;

  constructor(private readonly limit = MAX_EVENTS) {}

  /** Whether there is room for one more. */
  take(event: Event): boolean {
    const bytes = this.bytes + sizeOf(event);
    if (this.count === this.limit || (this.count > 0 && bytes > MAX_BYTES)) return false;
    this.count += 1;
    this.bytes = bytes;
    return true;
  }
}

function sizeOf({ message }: Event): number {
  return Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
}

/** @throws AwsError for a name that no stream has */
function selected(
  streams: readonly Stream[],
  { logStreamNames, logStreamNamePrefix = '' }: Pick<Input, 'logStreamNames' | 'logStreamNamePrefix'>,
): Stream[] {
  if (!logStreamNames) return streams.filter(({ name }) => name.startsWith(logStreamNamePrefix));
  if (logStreamNamePrefix) throw invalid('logStreamNames and logStreamNamePrefix exclude each other.');
  if (logStreamNames.some((asked) => !streams.some(({ name }) => name === asked))) {
    throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
  }
  return streams.filter(({ name }) => logStreamNames.includes(name));
}

function groupOf({ logGroupName, logGroupIdentifier }: Input): string {
  const group = logGroupName ?? logGroupIdentifier;
  if (group === undefined || (logGroupName !== undefined && logGroupIdentifier !== undefined)) {
    throw invalid('Either logGroupName or logGroupIdentifier is needed, and not both.');
  }
  return /^arn:[^:]*:logs:[^:]*:[^:]*:log-group:([^:]+)/.exec(group)?.[1] ?? group;
}

function within(limit: number | undefined, most: number): number | undefined {
  if (limit === undefined || (limit >= 1 && limit <= most)) return limit;
  const rule = limit < 1 ? 'greater than or equal to 1' : `less than or equal to ${most}`;
  throw invalid(
    `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value ${rule}`,
  );
}

function keyOf(stream: string): string {
  const hash = createHash('sha256').update(stream).digest('hex').slice(0, 18);
  return padded(BigInt(`0x${hash}`), 22);
}

function cursorAt({ key }: Pick<Stream, 'key'>, { timestamp, position }: Event): Cursor {
  return { timestamp, key, position };
}

function isBefore(a: Cursor, b: Cursor): boolean {
  return (a.timestamp - b.timestamp || compare(a.key, b.key) || a.position - b.position) < 0;
}

/** 56 digits, as AWS's. Those of one group are in the order of its events, so one is all that a page's token needs to say. */
function idOf(stream: Pick<Stream, 'key'>, { timestamp, position }: Event): string {
  return `${padded(timestamp, 13)}${stream.key}${padded(position, 21)}`;
}

function cursorOf(id: string): Cursor {
  const [, timestamp, key, position] = /^(\d{13})(\d{22})(\d{21})$/.exec(id) ?? [];
  if (key === undefined) throw invalid('The specified nextToken is invalid.');
  return { timestamp: Number(timestamp), key, position: Number(position) };
}

function padded(number: number | bigint, digits: number): string {
  return String(number).padStart(digits, '0');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

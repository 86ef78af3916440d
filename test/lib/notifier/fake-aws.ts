import type { Build } from '@aws-sdk/client-codebuild';
import type { NotifierSettings } from '../../../lib/notifier/notifier';
import { Notifier } from '../../../lib/notifier/notifier';

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: Record<string, unknown>;
}

/** What AWS answers to the function, as far as the function asks. */
export class FakeAws {
  /** Latest first, as ListBuildsForProject tells them. */
  builds: Partial<Build>[] = [];
  log: string[] = [];
  /** Lines in a page of the log. */
  page = 10_000;
  readonly objects = new Map<string, { body: string; at: number; etag: string }>();
  readonly published: { topic: string; subject?: string; text: string }[] = [];
  /** What was asked, in order. */
  readonly calls: string[] = [];
  /** What an operation answers instead, once or always. */
  readonly errors = new Map<string, Error>();
  now = Date.parse('2017-09-01T16:14:30Z');
  private writes = 0;

  notifier(settings: Partial<NotifierSettings> = {}): Notifier {
    const client = { send: (command: Command) => this.answer(command) };
    return new Notifier(
      { topicArn: 'topic', marksBucket: 'bucket', tellSuccess: false, ...settings },
      { codebuild: client, logs: client, s3: client, sns: client },
      () => this.now,
    );
  }

  refuse(operation: string, name: string, message = 'refused'): void {
    this.errors.set(operation, Object.assign(new Error(message), { name }));
  }

  private async answer({ constructor, input }: Command): Promise<unknown> {
    const operation = constructor.name.replace(/Command$/, '');
    this.calls.push(operation);
    await Promise.resolve();
    const error = this.errors.get(operation);
    if (error) throw error;
    switch (operation) {
      case 'ListBuildsForProject':
        // Of a project with more than 100 builds, an error.
        if (input.sortOrder !== undefined) throw new Error('InvalidInputException');
        return { ids: this.builds.map(({ id }) => id) };
      case 'BatchGetBuilds':
        return { builds: this.builds.filter(({ id }) => (input.ids as string[]).includes(id ?? '')) };
      case 'GetLogEvents':
        return this.logEvents(input);
      case 'PutObject':
        return this.put(input);
      case 'GetObject': {
        const found = this.objects.get(input.Key as string);
        return {
          Body: { transformToString: () => Promise.resolve(found?.body) },
          ETag: found?.etag,
          LastModified: new Date(found?.at ?? 0),
        };
      }
      case 'Publish':
        this.published.push({
          topic: input.TopicArn as string,
          subject: input.Subject as string,
          text: input.Message as string,
        });
        return {};
      default:
        throw new Error(`the function asked for ${operation}`);
    }
  }

  private logEvents({ nextToken, startFromHead }: Record<string, unknown>): unknown {
    const end = startFromHead
      ? this.page
      : nextToken === undefined
        ? this.log.length
        : Number((nextToken as string).slice(2));
    const start = Math.max(0, end - this.page);
    const lines = this.log.slice(start, end);
    return {
      events: lines.map((line) => ({ message: `${line}\n` })),
      nextBackwardToken: end === 0 ? nextToken : `b/${start}`,
    };
  }

  private put({ Key, Body, IfNoneMatch, IfMatch }: Record<string, unknown>): unknown {
    const found = this.objects.get(Key as string);
    if ((IfNoneMatch === '*' && found) || (IfMatch !== undefined && IfMatch !== found?.etag))
      throw Object.assign(new Error('At least one of the pre-conditions you specified did not hold'), {
        name: 'PreconditionFailed',
      });
    this.writes += 1;
    this.objects.set(Key as string, { body: Body as string, at: this.now, etag: `"${this.writes}"` });
    return {};
  }
}

import { randomBytes, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { Clients } from '../cloudformation/clients';
import type { Resource, Stack } from '../cloudformation/stack';
import { awsEnvironment, credentialVariables } from '../environment';
import type { Authorizer } from '../gateway/authorizer';
import type { Session, Sessions } from '../gateway/sessions';
import type { Code, FunctionCode } from './function-code';
import { type FunctionError, invokeInProcess, type Outcome } from './function-process';

/** How many functions run at once, on a machine that runs builds, too. */
const AT_ONCE = 4;
const RETRIES = 2;

/** The properties of AWS::Lambda::Function that are played. */
interface FunctionProperties {
  readonly Code: Code;
  readonly Role: string;
  readonly Handler: string;
  readonly Timeout?: number | string;
  readonly MemorySize?: number | string;
  readonly Runtime: string;
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
  readonly LoggingConfig?: { readonly LogGroup?: string };
  readonly DeadLetterConfig?: { readonly TargetArn?: string };
}

interface InvokeConfig {
  readonly FunctionName: string;
  readonly MaximumRetryAttempts?: number | string;
  readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination?: string } };
}

/**
 * Lambda's asynchronous invocations: runs the functions of the deployed stacks on this machine's Node.js, each invocation
 * in a fresh process with its role's credentials, and tries again as Lambda does, though at once.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export class Functions {
  private readonly stopping = new AbortController();
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(
    private readonly aws: {
      readonly account: string;
      readonly region: string;
      readonly sessions: Sessions;
      readonly authorizer: Pick<Authorizer, 'mayAssume'>;
      readonly code: FunctionCode;
      readonly configFile: string;
      /** Of the gateway, once it listens. */
      url(): string;
      stacks(): readonly Stack[];
    },
  ) {}

  /** Whether a function of that ARN is there to be invoked. */
  find(arn: string): Resource | undefined {
    return this.resources('AWS::Lambda::Function').find(({ attributes }) => attributes.Arn === arn);
  }

  /**
   * Invokes a function until it succeeds or Lambda would give up.
   *
   * @returns what became of it where it did not succeed, a line
   */
  async invoke(found: Resource, event: unknown): Promise<string | undefined> {
    const arn = String(found.attributes.Arn);
    const name = found.physicalId;
    if (found.kind === 'accepted') {
      const { Runtime = 'a container image' } = found.properties as { Runtime?: string };
      return `simulated: ${name} did not run, as only functions of Node.js without layers do (${Runtime})`;
    }
    const properties = found.properties as unknown as FunctionProperties;
    const config = this.resources('AWS::Lambda::EventInvokeConfig')
      .map((resource) => resource.properties as unknown as InvokeConfig)
      .find(({ FunctionName }) => names(FunctionName, name));
    const attempts = 1 + Number(config?.MaximumRetryAttempts ?? RETRIES);
    const requestId = randomUUID();
    let problem = '';
    let error: FunctionError = { errorType: '', errorMessage: '' };
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const outcome = await this.inTurn(() => this.attempt(name, arn, properties, event, requestId));
      problem = outcome.problem ?? problem;
      if (this.stopping.signal.aborted) return `${name} was stopped: the simulator ends`;
      if (!outcome.error) return outcome.problem && `${name}: ${outcome.problem}`;
      ({ error } = outcome);
    }
    const told = `${name} failed ${attempts === 1 ? 'once' : `${attempts} times`}: ${error.errorType}: ${error.errorMessage}`;
    const after = await this.giveUp({ name, arn, properties, config, event, requestId, attempts, error });
    return [told, ...(problem ? [problem] : []), ...after].join('; ');
  }

  /** Ends what runs; nothing begins any more. */
  stop(): void {
    this.stopping.abort();
  }

  private resources(type: string): Resource[] {
    return this.aws.stacks().flatMap((stack) => [...stack.resources.values()].filter((r) => r.type === type));
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    while (this.running >= AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }

  private async attempt(
    name: string,
    arn: string,
    properties: FunctionProperties,
    event: unknown,
    requestId: string,
  ): Promise<Pick<Outcome, 'error'> & { readonly problem?: string }> {
    const { aws } = this;
    if (this.stopping.signal.aborted) return {};
    const session = await this.assume(properties.Role, name);
    if (!session) {
      const errorMessage = `The role ${properties.Role} cannot be assumed by Lambda.`;
      return { error: { errorType: 'AccessDeniedException', errorMessage } };
    }
    const scratch = await aws.code.scratch();
    const group = properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`;
    const stream = `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`;
    const memory = String(properties.MemorySize ?? 128);
    try {
      const root = aws.code.of(name, properties.Code);
      const started = Date.now();
      const outcome = await invokeInProcess({
        event,
        requestId,
        functionArn: arn,
        seconds: Number(properties.Timeout ?? 3),
        signal: this.stopping.signal,
        cwd: root,
        env: {
          ...properties.Environment?.Variables,
          ...reserved({ name, group, stream, memory, runtime: properties.Runtime }),
          ...credentialVariables(session),
          _HANDLER: properties.Handler,
          LAMBDA_TASK_ROOT: root,
          ...awsEnvironment({
            ...aws,
            // By number: with a name, buckets would be host names in front of it, which not every resolver finds.
            url: aws.url().replace('localhost', '127.0.0.1'),
          }),
          HOME: scratch,
          TMPDIR: path.join(scratch, 'tmp'),
          PATH: path.dirname(process.execPath),
          // A notice about the SDK's own future, on every cold start.
          AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        },
      });
      if (this.stopping.signal.aborted) return {};
      const lines = report(outcome, requestId, Date.now() - started, memory);
      const problem = await this.log(session, group, stream, lines);
      return { error: outcome.error, problem };
    } finally {
      aws.sessions.revoke(session);
      await rm(scratch, { recursive: true, force: true });
    }
  }

  private async assume(roleArn: string, name: string): Promise<Session | undefined> {
    const { authorizer, sessions, account } = this.aws;
    const { allowed } = await authorizer.mayAssume('lambda.amazonaws.com', roleArn, {});
    if (!allowed) return undefined;
    const role = roleArn.split('/').pop() ?? '';
    return sessions.issue({ arn: `arn:aws:sts::${account}:assumed-role/${role}/${name}`, roleArn });
  }

  /** @returns why a function without the permissions has no log, which Lambda tells nobody */
  private async log(
    session: Session,
    logGroupName: string,
    logStreamName: string,
    lines: readonly string[],
  ): Promise<string | undefined> {
    const { logs } = new Clients(this.aws.url(), this.aws.region, session);
    const stream = new CreateLogStreamCommand({ logGroupName, logStreamName });
    const timestamp = Date.now();
    const logEvents = lines.map((message) => ({ timestamp, message }));
    try {
      await logs.send(stream).catch(async (error: Error) => {
        if (error.name !== 'ResourceNotFoundException') throw error;
        await logs.send(new CreateLogGroupCommand({ logGroupName }));
        await logs.send(stream);
      });
      await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
      return undefined;
    } catch (error) {
      return `no log in ${logGroupName}: ${(error as Error).message}`;
    }
  }

  /** Sends an event that was never dealt with to where the function's configuration says, with its role's permissions. */
  private async giveUp(given: {
    readonly name: string;
    readonly arn: string;
    readonly properties: FunctionProperties;
    readonly config?: InvokeConfig;
    readonly event: unknown;
    readonly requestId: string;
    readonly attempts: number;
    readonly error: FunctionError;
  }): Promise<string[]> {
    const { name, arn, properties, config, event, requestId, attempts, error } = given;
    const deadLetters = properties.DeadLetterConfig?.TargetArn;
    const destination = config?.DestinationConfig?.OnFailure?.Destination;
    const attribute = (DataType: string, StringValue: string): object => ({ DataType, StringValue });
    const sent: string[] = [];
    const send = async (queueArn: string, body: unknown, MessageAttributes?: object): Promise<void> => {
      const queue = queueArn.split(':').pop() ?? '';
      const session = await this.assume(properties.Role, name);
      try {
        if (!queueArn.startsWith('arn:aws:sqs:')) throw new Error('the simulator plays SQS queues only');
        if (!session) throw new Error('its role cannot be assumed');
        const { json } = new Clients(this.aws.url(), this.aws.region, session);
        await json.call('sqs', 'SendMessage', {
          QueueUrl: `${this.aws.url()}/${this.aws.account}/${queue}`,
          MessageBody: JSON.stringify(body),
          MessageAttributes,
        });
        sent.push(`the event is in the queue ${queue}`);
      } catch (failure) {
        sent.push(`the event did not get to ${queueArn}: ${(failure as Error).message}`);
      } finally {
        if (session) this.aws.sessions.revoke(session);
      }
    };
    if (deadLetters) {
      await send(deadLetters, event, {
        RequestID: attribute('String', requestId),
        ErrorCode: attribute('Number', '200'),
        ErrorMessage: attribute('String', error.errorMessage.slice(0, 1024) || error.errorType),
      });
    }
    if (destination) {
      const condition = 'RetriesExhausted';
      await send(destination, {
        version: '1.0',
        timestamp: new Date().toISOString(),
        requestContext: {
          requestId,
          functionArn: `${arn}:$LATEST`,
          condition,
          approximateInvokeCount: attempts,
        },
        requestPayload: event,
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: error,
      });
    }
    return sent.length
      ? sent
      : ['the event is lost: the function has neither a dead-letter queue nor a destination'];
  }
}

/** Whether the property FunctionName, a name or an ARN with or without `:$LATEST`, is about the function. */
export function names(functionName: string, name: string): boolean {
  return (functionName.split(':function:').pop() ?? '').split(':')[0] === name;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
function reserved(of: {
  name: string;
  group: string;
  stream: string;
  memory: string;
  runtime: string;
}): Record<string, string> {
  return {
    AWS_LAMBDA_FUNCTION_NAME: of.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: of.memory,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: of.group,
    AWS_LAMBDA_LOG_STREAM_NAME: of.stream,
    AWS_EXECUTION_ENV: `AWS_Lambda_${of.runtime}`,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}

/** What an invocation leaves in the log, with Lambda's own lines. */
function report({ output, error }: Outcome, requestId: string, took: number, memory: string): string[] {
  const timedOut =
    error?.errorType === 'Sandbox.Timedout' ? [`${new Date().toISOString()} ${error.errorMessage}`] : [];
  return [
    `START RequestId: ${requestId} Version: $LATEST`,
    ...output.split('\n').filter(Boolean),
    ...timedOut,
    `END RequestId: ${requestId}`,
    `REPORT RequestId: ${requestId}\tDuration: ${took}.00 ms\tMemory Size: ${memory} MB`,
  ];
}

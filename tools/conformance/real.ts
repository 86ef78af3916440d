import { type Context, UserError } from '../command';
import type { Behaviour } from './behaviours';
import { Account } from './replay/account';
import { AT_MOST } from './replay/builds';
import { PrivateNames } from './replay/names';
import { Replay } from './replay/replay';
import { NAME } from './replay/stack';
import { counted, type Result, resultOf } from './results';

/** BUILD_GENERAL1_SMALL on Linux in us-east-1, November 2026; a build counts whole minutes. */
const DOLLARS_PER_MINUTE = 0.005;

export interface RealOptions {
  readonly region?: string;
  readonly yes: boolean;
  readonly keep: boolean;
}

/**
 * Replays behaviours on the CodeBuild that the user's credentials reach. Whatever becomes of it, what it made in the account
 * is removed, except with `keep`.
 */
export async function replayed(
  behaviours: readonly Behaviour[],
  options: RealOptions,
  context: Context,
): Promise<Result[]> {
  const { env, signal } = context;
  const endpoint = env.AWS_ENDPOINT_URL || undefined;
  // The SDK for JavaScript knows AWS_REGION and the profile; other tools know AWS_DEFAULT_REGION too.
  const account = new Account(options.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION, endpoint);
  try {
    const region = await account.region();
    const where = `account ${await account.id()}, region ${region}`;
    for (const line of plan(behaviours, endpoint ? `${where}, emulated at ${endpoint}` : where, !endpoint)) {
      context.err(line);
    }
    if (!endpoint && !options.yes) throw new UserError('nothing is made yet: add --yes to agree');
    const remains = await account.remains();
    if (remains !== undefined) {
      context.err(`Stack ${NAME} is there (${remains}), of an earlier run: it is removed first.`);
      await account.remove();
    }
    try {
      return await replay(behaviours, account, context);
    } finally {
      if (options.keep) context.err(`Stack ${NAME} is kept; the next run removes it.`);
      else {
        context.err(`Removing stack ${NAME} and all that is in its bucket…`);
        await account.remove().catch((error: unknown) => {
          context.err(`Stack ${NAME} is left in region ${region}; the next run removes it.`);
          throw error;
        });
      }
    }
  } catch (error) {
    throw explained(error as Error, signal, endpoint);
  }
}

async function replay(
  behaviours: readonly Behaviour[],
  account: Account,
  context: Context,
): Promise<Result[]> {
  const { signal } = context;
  const values = behaviours.map((behaviour) => new PrivateNames(behaviour).values());
  signal.throwIfAborted();
  const bucket = await account.make({
    parameters: Object.assign({}, ...values.map(({ parameters }) => parameters)) as Record<string, string>,
    secrets: Object.assign({}, ...values.map(({ secrets }) => secrets)) as Record<string, string>,
  });
  // One that fails ends the others, and all have ended before anything is removed.
  const failed = new AbortController();
  const one = new Replay(account, bucket, AbortSignal.any([signal, failed.signal]));
  const results = new Map<string, Result>();
  const left = [...behaviours];
  const worker = async (): Promise<void> => {
    for (let behaviour = left.shift(); behaviour; behaviour = left.shift()) {
      const result = resultOf(behaviour, await one.run(behaviour));
      results.set(behaviour.name, result);
      context.err(`${results.size}/${behaviours.length}  ${behaviour.name}: ${result.verdict}`);
    }
  };
  const stopping = async (): Promise<void> => {
    try {
      await worker();
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_MOST }, stopping));
  if (ends.some(({ status }) => status === 'rejected'))
    throw signal.aborted ? signal.reason : failed.signal.reason;
  return behaviours.flatMap(({ name }) => results.get(name) ?? []);
}

function plan(behaviours: readonly Behaviour[], where: string, costs: boolean): string[] {
  const builds = behaviours
    .flatMap((one) => one.builds)
    .filter((build) => build.notReplayed === undefined).length;
  const dollars = (builds * DOLLARS_PER_MINUTE).toFixed(2);
  return [
    `${counted(behaviours.length, 'behaviour')}, ${counted(builds, 'build')}, in ${where}.`,
    `Makes the stack ${NAME}: a bucket, a project without a webhook, its role, its log group, parameters and secrets`,
    `below ${NAME}/; the builds make report groups ${NAME}-*. All of it is removed at the end.`,
    ...(costs
      ? [
          `Costs about $${dollars}: ${counted(builds, 'build')} of a minute each, at $${DOLLARS_PER_MINUTE} on BUILD_GENERAL1_SMALL.`,
        ]
      : ['Costs nothing. What an emulated CodeBuild does verifies this replay, and nothing about AWS.']),
  ];
}

/** The usual causes in a line each; an error that nobody expects keeps its stack. */
function explained(error: Error, signal: AbortSignal, endpoint: string | undefined): Error {
  if (error instanceof UserError) return error;
  if (signal.aborted) return new UserError('interrupted', 1);
  const { name, message } = error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (name === 'CredentialsProviderError') {
    return new UserError('no AWS credentials: sign in (aws configure, aws sso login), or set AWS_PROFILE', 1);
  }
  if (
    /^(?:ExpiredToken|RequestExpired|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature)/.test(
      name,
    )
  ) {
    return new UserError(`the AWS credentials are refused (${name}): ${message}`, 1);
  }
  if (/AccessDenied|NotAuthorized|UnauthorizedOperation/.test(name))
    return new UserError(`not permitted: ${message}`, 1);
  if (/^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET)$/.test(code)) {
    return new UserError(`${endpoint ?? 'AWS'} does not answer (${code})`, 1);
  }
  // What AWS itself says is meant for its caller.
  if ('$fault' in error) return new UserError(`${name}: ${message}`, 1);
  return error;
}

import path from 'node:path';
import type { PipelineConfig } from '../../lib/config';
import { type Environment, environmentOf, pipelinePlace } from '../../lib/environments';
import { type Context, type Option, UserError, type Values } from '../command';
import { readConfig } from '../config';
import { Account } from '../doctor/account';
import { Unknowable } from '../doctor/check';

/** This repository, wherever the command is typed. */
const PIPELINE = path.resolve(__dirname, '../..');

/** The options that say which pipeline is asked, and as whom. */
export const PLACE_OPTIONS: Readonly<Record<string, Option>> = {
  environment: { value: 'NAME', help: 'of the configuration; needed by a rollback where there are several' },
  config: { value: 'PATH', help: "the pipeline's configuration (default: config/mangoo.ts)" },
  profile: {
    value: 'NAME',
    help: 'of your AWS configuration (default: AWS_PROFILE, or what else you have)',
  },
  region: { value: 'REGION', help: 'where the configuration names none' },
};

export interface Pipeline {
  readonly config: PipelineConfig;
  /** Those asked for. */
  readonly environments: readonly Environment[];
  /** Where projects, repositories and releases are, which is not everywhere where the application is. */
  readonly account: Account;
  readonly profile?: string;
}

/** @throws UserError where the configuration has no such environment, or the credentials are of another account */
export async function openPipeline(values: Values, context: Context): Promise<Pipeline> {
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const [given, wanted, profile] = [text('config'), text('environment'), text('profile')];
  const configName = given ?? 'config/mangoo.ts';
  const config = readConfig(path.resolve(given === undefined ? PIPELINE : context.cwd, configName));
  const all = config.environments.map((one) => environmentOf(config, one));
  const environments = all.filter(({ name }) => wanted === undefined || name === wanted);
  if (!environments.length) {
    const names = all.map(({ name }) => name).join(', ');
    throw new UserError(`--environment ${wanted}: ${configName} has none of that name; there are: ${names}`);
  }

  const place = pipelinePlace(config);
  const region = text('region');
  if (region !== undefined && place.region !== undefined && region !== place.region) {
    throw new UserError(
      `--region ${region}: ${configName} has the pipeline in ${place.region}; leave it out`,
    );
  }
  const account = await Account.open({
    region: place.region ?? region ?? context.env.AWS_DEFAULT_REGION,
    profile: profile ?? context.env.AWS_PROFILE,
    context,
  });
  if (place.account !== undefined && place.account !== account.id) {
    throw new UserError(
      `${account.caller} is of account ${account.id}, and the pipeline is in ${place.account}; give --profile`,
      1,
    );
  }
  return { config, environments, account, profile };
}

/** @throws UserError for what the account does not tell: half a list of releases would be a wrong one */
export async function known<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Unknowable)
      throw new UserError(`${error.message}; ${error.fix.replace(/^# /, '')}`, 1);
    throw error;
  }
}

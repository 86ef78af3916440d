import path from 'node:path';
import type { EnvironmentConfig, PipelineConfig } from '../../lib/config';
import { namesOf } from '../../lib/names';
import { type Command, type Context, UserError } from '../command';
import { readConfig } from '../config';
import { checkJsonFile, writeJson } from '../json-file';
import { Account } from './account';
import { type Check, type Examined, fail, type Finding, Unknowable, warn } from './check';
import { applicationBootstrap, bootstrap } from './checks/bootstrap';
import { github } from './checks/github';
import { lookups } from './checks/lookups';
import { takenNames } from './checks/names';
import { concurrentBuilds } from './checks/quota';
import { applicationStacks, pipelineStack } from './checks/stacks';
import { otherProjects, webhook } from './checks/webhook';
import { Commands } from './commands';
import { report } from './report';

/** This repository, wherever the command is typed. */
const PIPELINE = path.resolve(__dirname, '../..');

/** What `--json` writes. */
export interface Diagnosis {
  readonly account: string;
  readonly region: string;
  readonly checks: readonly Check[];
  readonly fails: number;
  readonly warnings: number;
}

interface Question {
  readonly id: string;
  readonly title: string;
  readonly ask: (examined: Examined) => Promise<Finding | readonly Finding[]>;
}

/** In the order in which AWS needs what they ask for. */
const QUESTIONS: readonly Question[] = [
  { id: 'bootstrap', title: 'Bootstrap', ask: bootstrap },
  { id: 'github', title: 'GitHub', ask: github },
  { id: 'quota', title: 'Concurrent builds', ask: concurrentBuilds },
  { id: 'stack', title: "Pipeline's stack", ask: pipelineStack },
  { id: 'names', title: 'Names', ask: takenNames },
  { id: 'webhook', title: 'Webhook', ask: webhook },
  { id: 'other-projects', title: 'Other projects', ask: otherProjects },
  { id: 'application-bootstrap', title: "Application's bootstrap", ask: applicationBootstrap },
  { id: 'application-stack', title: "Application's stack", ask: applicationStacks },
  { id: 'lookups', title: 'Lookups', ask: lookups },
];

export const doctor: Command = {
  summary:
    'Asks your AWS account whether the first deployment, and the next push, will work; changes nothing there.',
  options: {
    profile: {
      value: 'NAME',
      help: 'of your AWS configuration (default: AWS_PROFILE, or what else you have)',
    },
    region: {
      value: 'REGION',
      help: 'where the configuration names none; of several environments, only those of it',
    },
    config: { value: 'PATH', help: "the pipeline's configuration (default: config/mangoo.ts)" },
    source: { value: 'DIR', help: "the application's repository, for its lookups (default: this directory)" },
    json: { value: 'FILE', help: 'writes the answer for programs' },
  },
  async run(values, context) {
    const text = (name: string): string | undefined => values[name] as string | undefined;
    const json = text('json') === undefined ? undefined : path.resolve(context.cwd, text('json') ?? '');
    if (json !== undefined) checkJsonFile(json);
    const configName = text('config') ?? 'config/mangoo.ts';
    const config = readConfig(
      path.resolve(text('config') === undefined ? PIPELINE : context.cwd, configName),
    );
    const environments = environmentsIn(config, text('region'), configName);

    const diagnosis = await diagnose(config, environments, {
      profile: text('profile'),
      region: text('region'),
      config: text('config'),
      source: text('source') ?? '.',
      context,
    });
    if (json !== undefined) writeJson(json, diagnosis);
    for (const one of report(diagnosis)) context.out(one);
    return diagnosis.fails > 0 ? 1 : 0;
  },
};

interface Options {
  readonly profile?: string;
  readonly region?: string;
  /** As the user gave it. */
  readonly config?: string;
  readonly source: string;
  readonly context: Context;
}

/** Examines the environments that are deployed to the account of the user's credentials. */
export async function diagnose(
  config: PipelineConfig,
  environments: readonly EnvironmentConfig[],
  options: Options,
): Promise<Diagnosis> {
  const { context } = options;
  const accounts = new Map<string | undefined, Promise<Account>>();
  const accountIn = (region: string | undefined): Promise<Account> => {
    const profile = options.profile ?? context.env.AWS_PROFILE;
    const account = accounts.get(region) ?? Account.open({ region, profile, context });
    accounts.set(region, account);
    return account;
  };
  const places: Place[] = await Promise.all(
    environments.map(async (environment) => ({
      environment,
      account: await accountIn(environment.region ?? options.region ?? context.env.AWS_DEFAULT_REGION),
    })),
  );
  const isMine = ({ environment, account }: Place): boolean =>
    environment.account === undefined || environment.account === account.id;
  const mine = places.filter(isMine);
  const checks = await Promise.all(
    places.map(async (place) => [
      identity(place, isMine(place), mine.length > 0),
      ...(isMine(place) ? await examine(place, config, options) : []),
    ]),
  );
  const all = checks.flat();
  const first = mine[0] ?? places[0];
  return {
    account: first?.account.id ?? '',
    region: first?.account.region ?? '',
    checks: all,
    fails: all.filter(({ level }) => level === 'fail').length,
    warnings: all.filter(({ level }) => level === 'warn').length,
  };
}

interface Place {
  readonly environment: EnvironmentConfig;
  readonly account: Account;
}

/** @throws UserError where none is in the region that the user asks for */
function environmentsIn(
  { environments }: PipelineConfig,
  region: string | undefined,
  configName: string,
): readonly EnvironmentConfig[] {
  const there = environments.filter(
    (one) => region === undefined || one.region === undefined || one.region === region,
  );
  if (there.length) return there;
  const regions = [...new Set(environments.map((one) => one.region))].join(', ');
  throw new UserError(
    `--region ${region}: ${configName} deploys to ${regions}; leave it out, or change environments[].region`,
  );
}

function identity({ environment, account }: Place, isMine: boolean, others: boolean): Check {
  const common = { id: 'credentials', environment: environment.name, title: 'Credentials' };
  if (isMine) return { ...common, level: 'ok', found: `${account.caller} in ${account.region}` };
  const found = `${account.caller} is of account ${account.id}, and this environment is deployed to ${environment.account}`;
  const fix = 'npm run doctor -- --profile "$PROFILE_OF_THAT_ACCOUNT"';
  // Those of one account cannot be those of another: that is no fault as long as one environment is theirs.
  return { ...common, ...(others ? warn(found, fix) : fail(found, fix)) };
}

async function examine(place: Place, config: PipelineConfig, options: Options): Promise<Check[]> {
  const { environment, account } = place;
  const { profile, source, context } = options;
  const examined: Examined = {
    ...place,
    config,
    names: namesOf(environment.name),
    commands: new Commands({ region: account.region, profile, config: options.config }),
    cwd: context.cwd,
    source,
  };
  const answers = await Promise.all(
    QUESTIONS.map(async ({ id, title, ask }) => {
      const findings = [await ask(examined).catch(unknown)].flat();
      return findings.map(({ about, ...finding }) => ({
        id: about === undefined ? id : `${id}/${about}`,
        environment: environment.name,
        title,
        ...finding,
      }));
    }),
  );
  return answers.flat();
}

function unknown(error: unknown): Finding {
  if (error instanceof Unknowable)
    return { level: 'warn', found: `cannot be known: ${error.message}`, fix: error.fix };
  throw error;
}

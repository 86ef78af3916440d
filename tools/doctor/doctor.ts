import path from 'node:path';
import type { EnvironmentConfig, PipelineConfig } from '../../lib/config';
import { type Environment, environmentOf, pipelinePlace, type Place } from '../../lib/environments';
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
import { applicationStacks, pipelineStack, targetStack } from './checks/stacks';
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

/** Where the pipeline is; all in the order in which AWS needs what they ask for. */
const OF_THE_PIPELINE: readonly Question[] = [
  { id: 'bootstrap', title: 'Bootstrap', ask: bootstrap },
  { id: 'github', title: 'GitHub', ask: github },
  { id: 'quota', title: 'Concurrent builds', ask: concurrentBuilds },
  { id: 'stack', title: "Pipeline's stack", ask: pipelineStack },
  { id: 'names', title: 'Names', ask: takenNames },
  { id: 'webhook', title: 'Webhook', ask: webhook },
  { id: 'other-projects', title: 'Other projects', ask: otherProjects },
];

/** Where the application is. */
const OF_THE_APPLICATION: readonly Question[] = [
  { id: 'application-bootstrap', title: "Application's bootstrap", ask: applicationBootstrap },
  { id: 'application-stack', title: "Application's stack", ask: applicationStacks },
  { id: 'lookups', title: 'Lookups', ask: lookups },
];

/** Where the application is, if the pipeline is elsewhere. */
const OF_THE_TARGET: readonly Question[] = [
  { id: 'target-bootstrap', title: 'Bootstrap', ask: bootstrap },
  { id: 'target-stack', title: "Target's stack", ask: targetStack },
  ...OF_THE_APPLICATION,
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
  const pipeline = pipelinePlace(config);
  const wanted = environments.flatMap((one): Omit<Part, 'account'>[] => {
    const environment = environmentOf(config, one);
    const { elsewhere } = environment;
    if (!elsewhere) {
      const questions = [...OF_THE_PIPELINE, ...OF_THE_APPLICATION];
      return [{ environment, place: pipeline, what: 'this environment', questions }];
    }
    return [
      { environment, place: pipeline, what: "this environment's pipeline", questions: OF_THE_PIPELINE },
      { environment, place: elsewhere, what: 'this environment', questions: OF_THE_TARGET },
    ];
  });
  const places: Part[] = await Promise.all(
    wanted.map(async (part) => ({
      ...part,
      account: await accountIn(part.place.region ?? options.region ?? context.env.AWS_DEFAULT_REGION),
    })),
  );
  const isMine = ({ place, account }: Part): boolean =>
    place.account === undefined || place.account === account.id;
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

/** Of an environment, what is in one account and region. */
interface Part {
  readonly environment: Environment;
  readonly place: Place;
  readonly account: Account;
  /** What is deployed there. */
  readonly what: string;
  readonly questions: readonly Question[];
}

/** @throws UserError where none is in the region that the user asks for */
function environmentsIn(
  config: PipelineConfig,
  region: string | undefined,
  configName: string,
): readonly EnvironmentConfig[] {
  const regionOf = (one: EnvironmentConfig): string | undefined => environmentOf(config, one).place.region;
  const there = config.environments.filter((one) => {
    const own = regionOf(one);
    return region === undefined || own === undefined || own === region;
  });
  if (there.length) return there;
  const regions = [...new Set(config.environments.map(regionOf))].join(', ');
  throw new UserError(
    `--region ${region}: ${configName} deploys to ${regions}; leave it out, or change environments[].region`,
  );
}

function identity({ environment, place, account, what }: Part, isMine: boolean, others: boolean): Check {
  const common = { id: 'credentials', environment: environment.name, title: 'Credentials' };
  if (isMine) return { ...common, level: 'ok', found: `${account.caller} in ${account.region}` };
  const found = `${account.caller} is of account ${account.id}, and ${what} is deployed to ${place.account}`;
  const fix = 'npm run doctor -- --profile "$PROFILE_OF_THAT_ACCOUNT"';
  // Those of one account cannot be those of another: that is no fault as long as one environment is theirs.
  return { ...common, ...(others ? warn(found, fix) : fail(found, fix)) };
}

async function examine(
  { environment, account, questions }: Part,
  config: PipelineConfig,
  options: Options,
): Promise<Check[]> {
  const { profile, source, context } = options;
  const examined: Examined = {
    account,
    environment,
    config,
    names: environment.names,
    commands: new Commands({ region: account.region, profile, config: options.config }),
    cwd: context.cwd,
    source,
  };
  const answers = await Promise.all(
    questions.map(async ({ id, title, ask }) => {
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

// AWS as the role that deploys sees it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A role that another role has assumed is lent for an hour: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const RENEWED_AFTER_MS = 45 * 60_000;

/** How a command ends, foreseen: its lines are what people read. */
export class Ended extends Error {
  constructor(exitCode, ...lines) {
    super(lines.join('\n'));
    this.exitCode = exitCode;
  }
}

/** Asks by the role of the bootstrap that deploys, which may do all that is done to change sets; the build's own needs no more for it. */
export class Deployer {
  constructor({ partition, account, region }) {
    const { BOOTSTRAP_QUALIFIER: qualifier, CODEBUILD_BUILD_ARN: build } = process.env;
    this.region = region;
    this.domain = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
    this.session = build.split(':').at(-1);
    this.role = (kind) =>
      `arn:${partition}:iam::${account}:role/cdk-${qualifier}-${kind}-role-${account}-${region}`;
  }

  /** The answer to a command of the AWS CLI. */
  async ask(...command) {
    if (!(Date.now() < this.renewed)) {
      this.renewed = Date.now() + RENEWED_AFTER_MS;
      this.environment = this.assumed();
    }
    const { stdout } = await this.aws(await this.environment, ...command, '--output', 'json');
    return stdout.trim() ? JSON.parse(stdout) : {};
  }

  cloudFormation(...command) {
    return this.ask('cloudformation', ...command);
  }

  async assumed() {
    const { stdout } = await this.aws(
      { ...process.env, AWS_REGION: this.region, AWS_DEFAULT_REGION: this.region },
      ...['sts', 'assume-role', '--role-arn', this.role('deploy'), '--role-session-name', this.session],
      ...['--query', 'Credentials.[AccessKeyId, SecretAccessKey, SessionToken]', '--output', 'text'],
    );
    const [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN] = stdout.trim().split('\t');
    return {
      ...process.env,
      ...{ AWS_REGION: this.region, AWS_DEFAULT_REGION: this.region },
      ...{ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN },
    };
  }

  async aws(env, ...command) {
    try {
      return await run('aws', command, { env, maxBuffer: 2 ** 30 });
    } catch (error) {
      throw new Ended(1, error.stderr?.trim() || error.message);
    }
  }
}

/** Where a stack or change set is, by its ARN. */
export function placeOf(arn) {
  const [, partition, , region, account] = arn.split(':');
  return { partition, region, account };
}

/** Where the application is deployed. */
export function targetPlace() {
  const { TARGET_ACCOUNT, TARGET_REGION, AWS_REGION, CODEBUILD_BUILD_ARN } = process.env;
  const own = placeOf(CODEBUILD_BUILD_ARN);
  return {
    ...own,
    account: TARGET_ACCOUNT || own.account,
    region: TARGET_REGION || AWS_REGION || own.region,
  };
}

/** The description of a stack, or undefined where there is none. */
export async function stackOf(deployer, name) {
  try {
    const { Stacks } = await deployer.cloudFormation('describe-stacks', '--stack-name', name);
    return Stacks[0];
  } catch (error) {
    if (error.message.includes('does not exist')) return undefined;
    throw error;
  }
}

export function say(line) {
  process.stderr.write(`==> ${line}\n`);
}

/** Runs a program with its arguments. */
export async function runAs(work) {
  try {
    await work(...process.argv.slice(2));
  } catch (error) {
    process.exitCode = error instanceof Ended ? error.exitCode : 1;
    for (const line of error.message.split('\n').filter(Boolean)) process.stderr.write(`ERROR: ${line}\n`);
  }
}

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import type { PipelineConfig } from '../../lib/config';
import type { Check } from '../../tools/doctor/check';
import type { Diagnosis } from '../../tools/doctor/doctor';
import { Cdk } from '../../tools/cdk';
import type { EmulatedAws } from '../../tools/simulator/emulated-aws';
import { hostEnvironment } from '../../tools/host-environment';
import type { Session } from '../../tools/simulator/gateway/sessions';
import { ACCOUNT, clientOf, startAws } from '../simulator/state/harness';

const ROOT = path.resolve(__dirname, '../..');

/** What `npm run doctor` says. */
export interface Answer extends Diagnosis {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The only check of this id. */
  check(id: string): Check;
}

/** An emulated account, which doctor examines as Ada; whatever prepares it is done by an administrator. */
export class ExaminedAccount {
  readonly cdk: Cdk;
  private readonly ada: Session;
  private files = 0;

  private constructor(
    readonly directory: string,
    readonly aws: EmulatedAws,
  ) {
    this.ada = aws.sessions.issue({ arn: `arn:aws:iam::${ACCOUNT}:user/ada` });
    const elsewhere = path.join(directory, 'elsewhere');
    mkdirSync(elsewhere);
    this.cdk = new Cdk({
      env: this.administration(),
      elsewhere,
      signal: new AbortController().signal,
      output: () => undefined,
    });
  }

  static async start(): Promise<ExaminedAccount> {
    const directory = mkdtempSync(path.join(tmpdir(), 'mangoo-doctor-test-'));
    return new ExaminedAccount(directory, await startAws({ directory }));
  }

  async stop(): Promise<void> {
    await this.aws.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The real command, in a process of its own, with nothing of this machine's AWS settings. */
  async doctor(
    args: readonly string[] = [],
    { session = this.ada, env = {} }: { session?: Session; env?: Record<string, string | undefined> } = {},
  ): Promise<Answer> {
    const json = this.file('json');
    const cli = path.join(ROOT, 'tools/doctor/cli.ts');
    const command = ['--require', 'ts-node/register/transpile-only', cli, ...args, '--json', json];
    const { code, stdout, stderr } = await ended(process.execPath, command, {
      ...hostEnvironment(process.env),
      ...this.aws.environmentFor(session),
      HOME: this.directory,
      ...env,
    });
    const written = code === 2 ? { checks: [] } : (JSON.parse(readFileSync(json, 'utf8')) as Diagnosis);
    return {
      ...(written as Diagnosis),
      code,
      stdout,
      stderr,
      check(id) {
        const found = written.checks.filter((check) => check.id === id);
        if (found.length === 1 && found[0]) return found[0];
        throw new Error(`${found.length} checks '${id}':\n${stdout}${stderr}`);
      },
    };
  }

  /** Types the commands of a fix into a shell, as the administrator. */
  async mend({ fix = '' }: Check, variables: Record<string, string> = {}): Promise<void> {
    const commands = fix.split('\n').filter((command) => !command.startsWith('#'));
    const env = { ...this.administration(), ...variables };
    const { code, stderr } = await ended('bash', ['-ec', commands.join('\n')], env);
    if (code !== 0) throw new Error(`${fix}\n${stderr}`);
  }

  /** What an SDK client's constructor takes to prepare something. */
  get client(): ReturnType<typeof clientOf> {
    return clientOf(this.aws);
  }

  /** config/mangoo.ts but for some of it. @returns the file */
  config(changes: Partial<PipelineConfig>): string {
    const file = this.file('ts');
    writeFileSync(
      file,
      `import mangoo from ${JSON.stringify(path.join(ROOT, 'config/mangoo'))};\n` +
        `export default { ...mangoo, ...${JSON.stringify(changes)} };\n`,
    );
    return file;
  }

  /** Somebody whose role allows these actions, and denies some. */
  async roleThatMay(name: string, allowed: string[], denied: string[] = []): Promise<Session> {
    const iam = new IAMClient(this.client);
    const statement = (Effect: string, Action: string[]): object => ({ Effect, Action, Resource: '*' });
    const document = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
    const trust = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' };
    await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: document(trust) }));
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: name,
        PolicyName: 'own',
        PolicyDocument: document(
          ...(allowed.length ? [statement('Allow', allowed)] : []),
          statement('Deny', ['iam:CreateUser', ...denied]),
        ),
      }),
    );
    return this.aws.sessions.issue({
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/session`,
      roleArn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
    });
  }

  file(extension: string): string {
    this.files += 1;
    return path.join(this.directory, `${this.files}.${extension}`);
  }

  /** The actions that doctor needed, whoever it asked as. */
  actionsOf(...principals: string[]): string[] {
    const calls = this.aws.ledger.all().filter(({ principal }) => principals.includes(principal));
    return [...new Set(calls.map(({ action }) => action))].sort();
  }

  /** What nobody may read in an answer. */
  get secrets(): string[] {
    return Object.values(this.ada.credentials) as string[];
  }

  private administration(): Record<string, string> {
    return {
      ...hostEnvironment(process.env),
      ...this.aws.environmentFor(this.aws.administrator),
      HOME: this.directory,
    };
  }
}

function ended(
  command: string,
  args: readonly string[],
  env: Record<string, string | undefined>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
}

import { execFile, execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';
export const REGISTRY = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
export const BACKEND_DIGEST = `sha256:${'b'.repeat(64)}`;
export const FRONTEND_DIGEST = `sha256:${'f'.repeat(64)}`;

/** What a build has before its first command, and what its plan says; nothing of the machine's own, least of all AWS settings. */
const VARIABLES: Readonly<Record<string, string>> = {
  LANG: 'C.UTF-8',
  CODEBUILD_BUILD_ID: 'mangoo-build-deploy:5e1f',
  CODEBUILD_BUILD_ARN: 'arn:aws:codebuild:eu-west-1:123456789012:build/mangoo-build-deploy:5e1f',
  CODEBUILD_BUILD_NUMBER: '7',
  CODEBUILD_BUILD_URL: 'https://console.example/build',
  CODEBUILD_RESOLVED_SOURCE_VERSION: COMMIT,
  CODEBUILD_START_TIME: '1764000000000',
  CODEBUILD_SOURCE_REPO_URL: 'https://github.com/jhonmezaa/mangoo.git',
  APP_DIR: '.',
  IMAGES:
    'backend,backend,mangoo-backend,mangoo-backend-service frontend,frontend,mangoo-frontend,mangoo-frontend-service',
  IMAGES_TO_BUILD: 'backend frontend',
  ECS_CLUSTER: 'mangoo-cluster',
  CDK_STACK_NAME: 'MangooStack',
  CDK_ENV: 'prod',
  ENVIRONMENT: 'prod',
  NODEJS_VERSION: '20',
  PYTHON_VERSION: '3.11',
  ECR_LIFECYCLE_POLICY: '{"rules":[]}',
  RESOURCE_TAGS: '[]',
  DEPLOYED_TAG: 'latest',
  RELEASE_PARAMETER: '/mangoo-releases/default',
  BOOTSTRAP_QUALIFIER: 'mangoo',
  PERMISSIONS_BOUNDARY: 'mangoo-deploy-boundary',
};

/** What a program says when it is called; the first answer that fits is given. */
export interface Answer {
  /** The arguments, joined by blanks; `*` stands for any text. */
  readonly to: string;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exit?: number;
  /** How often; then the next answer that fits is given. */
  readonly times?: number;
  /** Whether the program reads its standard input. */
  readonly reads?: boolean;
  /** Shell text, for what the program does besides. */
  readonly does?: string;
}

export interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly stdin: string;
  /** Relative to the root; '' there. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** In order, of this run. */
  readonly calls: readonly Call[];
}

/** Variables of a call that tests ask for. */
const RECORDED = [
  'CDK_ENV',
  'ENVIRONMENT',
  'JEST_JUNIT_OUTPUT_FILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
];

/**
 * A checkout with a copy of `ci/`, in which single scripts run, and with programs that answer from a table and record how
 * they are called. Its path has a blank and a quote: a word that a script splits goes wrong here.
 */
export class ScratchBuild {
  private readonly bin: string;
  private readonly record: string;
  private readonly unanswered: string;

  private constructor(
    private readonly directory: string,
    readonly root: string,
  ) {
    this.bin = path.join(directory, 'bin');
    this.record = path.join(directory, 'calls');
    this.unanswered = path.join(directory, 'unanswered');
  }

  static async create(): Promise<ScratchBuild> {
    const directory = await mkdtemp(path.join(tmpdir(), 'mangoo-ci-test-'));
    const build = new ScratchBuild(directory, path.join(directory, "a checkout's root"));
    await cp('ci', path.join(build.root, 'ci'), { recursive: true });
    await mkdir(build.bin);
    await symlink(process.execPath, path.join(build.bin, 'node'));
    // Without answers: the machine's own must not be reached.
    for (const program of ['aws', 'docker', 'npm', 'python3']) await build.answers(program, []);
    return build;
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }

  /** Writes a file of the checkout. */
  async file(name: string, text = ''): Promise<void> {
    const file = path.join(this.root, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  read(name: string): Promise<string> {
    return readFile(path.join(this.root, name), 'utf8');
  }

  /** Makes a commit of what is there. */
  commit(subject: string, author = 'Ada'): void {
    const git = (...args: string[]): string =>
      execFileSync('git', args, {
        cwd: this.root,
        encoding: 'utf8',
        env: {
          PATH: process.env.PATH,
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_CONFIG_SYSTEM: '/dev/null',
          GIT_AUTHOR_NAME: author,
          GIT_AUTHOR_EMAIL: 'ada@example.com',
          GIT_COMMITTER_NAME: 'Ada',
          GIT_COMMITTER_EMAIL: 'ada@example.com',
          GIT_COMMITTER_DATE: '2026-11-23T12:00:00+00:00',
        },
      });
    git('init', '--quiet');
    git('add', '--all');
    git('commit', '--quiet', '--message', subject);
  }

  /** What `push.sh` leaves behind. */
  images(): Promise<void> {
    return this.file(
      '.artifacts/images.tsv',
      [
        `backend\tmangoo-backend\t${REGISTRY}/mangoo-backend@${BACKEND_DIGEST}\tmangoo-backend-service\tpushed\t${BACKEND_DIGEST}\t${COMMIT}\n`,
        `frontend\tmangoo-frontend\t${REGISTRY}/mangoo-frontend@${FRONTEND_DIGEST}\tmangoo-frontend-service\tfound\t${FRONTEND_DIGEST}\t${COMMIT}\n`,
      ].join(''),
    );
  }

  /**
   * Makes a program that gives these answers, and ends the test at any other call.
   *
   * @param program on the PATH, or a file of the checkout where it has a slash
   */
  async answers(program: string, table: readonly Answer[]): Promise<void> {
    const name = path.basename(program);
    const file = program.includes('/') ? path.join(this.root, program) : path.join(this.bin, name);
    const used = path.join(this.directory, `used-${name}`);
    const branch = (answer: Answer, i: number): string =>
      [
        `glob=${quoted(answer.to)}`,
        `if [[ $* == $glob ]] ${answer.times === undefined ? '' : `&& uses ${i} ${answer.times}`}; then`,
        `  ${answer.reads ? "IFS= read -r -d '' input" : ':'}`,
        '  record "$@"',
        `  ${answer.does ?? ':'}`,
        `  printf '%s' ${quoted(answer.stdout ?? '')}`,
        `  printf '%s' ${quoted(answer.stderr ?? '')} >&2`,
        `  exit ${answer.exit ?? 0}`,
        'fi',
      ].join('\n');
    const text = [
      '#!/usr/bin/env bash',
      'input=',
      // In one write, because programs may run side by side: bash writes line by line, so there is only one.
      'record() {',
      '  local line',
      `  printf -v line '%s\\037' ${name} "$PWD" "$input" ${RECORDED.map((key) => `"\${${key}-}"`).join(' ')} "$@"`,
      `  printf '%s\\036' "\${line//$'\\n'/$'\\035'}" >>${quoted(this.record)}`,
      '}',
      'uses() {',
      `  local file=${quoted(used)}-$1 count=0`,
      '  [[ ! -f $file ]] || read -r count <"$file"',
      '  ((count < $2)) && echo $((count + 1)) >"$file"',
      '}',
      ...table.map(branch),
      `printf '%s\\n' "${name} $*" | tee -a ${quoted(this.unanswered)} >&2`,
      'exit 97',
      '',
    ].join('\n');
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    await chmod(file, 0o755);
  }

  /** Runs `ci/SCRIPT`. A variable that is undefined is not set. */
  async run(
    script: string,
    env: Readonly<Record<string, string | undefined>> = {},
    args: readonly string[] = [],
  ): Promise<Outcome> {
    await rm(this.record, { force: true });
    const outcome = await new Promise<Omit<Outcome, 'calls'>>((resolve) => {
      const child = execFile(
        'bash',
        // --norc: with a socket as its input, which is what node gives it, bash reads ~/.bashrc as if rshd had started it.
        ['--norc', path.join(this.root, 'ci', script), ...args],
        {
          cwd: this.root,
          timeout: 100_000,
          // What a script that ends badly leaves goes with the rest.
          env: {
            PATH: `${this.bin}:/usr/bin:/bin`,
            HOME: this.directory,
            TMPDIR: this.directory,
            ...VARIABLES,
            ...env,
          },
        },
        (error, stdout, stderr) =>
          resolve({
            code: error ? Number(error.code ?? -1) : 0,
            stdout,
            stderr: stderr.replaceAll(this.root, ''),
          }),
      );
      // A build's commands have no input.
      child.stdin?.end();
    });
    const unanswered = await readFile(this.unanswered, 'utf8').catch(() => '');
    if (unanswered) throw new Error(`${script} called, without an answer in this test:\n${unanswered}`);
    return { ...outcome, calls: await this.calls() };
  }

  private async calls(): Promise<Call[]> {
    const text = await readFile(this.record, 'utf8').catch(() => '');
    return text
      .split('\u001e')
      .slice(0, -1)
      .map((line) => {
        const [program = '', cwd = '', stdin = '', ...rest] = line
          .replaceAll('\u001d', '\n')
          .split('\u001f')
          .slice(0, -1);
        return {
          program,
          cwd: path.relative(this.root, cwd),
          stdin,
          env: Object.fromEntries(RECORDED.map((key, i) => [key, rest[i] ?? ''])),
          args: rest.slice(RECORDED.length),
        };
      });
  }
}

/** What `aws ecr describe-repositories` says, with exit code 254, when one of them is missing. */
export const NOT_FOUND =
  'An error occurred (RepositoryNotFoundException) when calling the DescribeRepositories operation: …\n';

/** `aws ecr batch-get-image` as `digest_of` calls it. */
export function tagIs(repository: string, tag: string, digest: string): Answer {
  return {
    to: `ecr batch-get-image --repository-name ${repository} --image-ids imageTag=${tag} *`,
    stdout: `${digest}\n`,
  };
}

const CLOUDFORMATION = 'arn:aws:cloudformation:eu-west-1:123456789012';

/** The ARN of a change set that `prepares` makes. */
export function changeSetOf(stack: string, name = 'build-7'): string {
  return `${CLOUDFORMATION}:changeSet/${name}/${stack}-c`;
}

/** What `cdk deploy --method prepare-change-set` says of a stack. */
export function prepares(stack: string, does: 'changes' | 'nothing' = 'changes', name?: string): Answer {
  const change = `Changeset ${changeSetOf(stack, name)} created and waiting in review for manual execution (--no-execute)\n`;
  return {
    to: `deploy * --method prepare-change-set * ${stack}`,
    stderr: [
      `${stack}: deploying... [1/1]\n`,
      does === 'changes' ? change : '',
      `\n ✅  ${stack}${does === 'changes' ? '' : ' (no changes)'}\n`,
      `\nOutputs:\n${stack}.Role = arn:aws:iam::123456789012:role/app\n`,
      `\nStack ARN:\n${CLOUDFORMATION}:stack/${stack}/0a1b\n`,
    ].join(''),
  };
}

/** What AWS says when ci/guard.mjs reads a change set, and ci/execute.mjs a stack. */
export function changesAre(
  stack: string,
  changes: readonly object[] = [],
  { name, status = 'UPDATE_COMPLETE' }: { name?: string; status?: string } = {},
): Answer[] {
  return [
    {
      to: `cloudformation describe-stacks --stack-name ${stack} *`,
      stdout: JSON.stringify({
        Stacks: [{ StackStatus: status, Outputs: [{ OutputKey: 'Url', OutputValue: `http://${stack}` }] }],
      }),
    },
    {
      to: `cloudformation describe-change-set --change-set-name ${changeSetOf(stack, name)} --include-property-values *`,
      stdout: JSON.stringify({
        Changes: changes.map((ResourceChange) => ({ Type: 'Resource', ResourceChange })),
      }),
    },
  ];
}

export interface StackEvent {
  readonly ResourceStatus: string;
  readonly ResourceStatusReason?: string;
  readonly ResourceType: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId: string;
}

/**
 * What AWS says when ci/execute.mjs executes a change set: yes, and the events of the stack, newest first, with one of before.
 *
 * @param status the stack's own last event
 */
export function executes(
  stack: string,
  {
    name,
    status = 'UPDATE_COMPLETE',
    events = [],
    does,
  }: { name?: string; status?: string; events?: readonly StackEvent[]; does?: string } = {},
): Answer[] {
  const StackId = `${CLOUDFORMATION}:stack/${stack}/0a1b`;
  const own = (ResourceStatus: string): StackEvent => ({
    ResourceStatus,
    ResourceType: 'AWS::CloudFormation::Stack',
    LogicalResourceId: stack,
    PhysicalResourceId: StackId,
  });
  const changeSet = changeSetOf(stack, name);
  const token = changeSet.split('/').at(-1);
  const all = [own(status), ...events, own('UPDATE_IN_PROGRESS')].map((event, i) => ({
    ...event,
    ...{ StackId, EventId: String(i), ClientRequestToken: token, Timestamp: '2026-11-25T10:00:00Z' },
  }));
  const before = { ...own('CREATE_COMPLETE'), StackId, EventId: 'before', ClientRequestToken: 'other' };
  return [
    {
      to: `cloudformation execute-change-set --change-set-name ${changeSet} --client-request-token ${token} *`,
      ...(does !== undefined && { does }),
    },
    {
      to: `cloudformation describe-stack-events --stack-name ${stack} *`,
      stdout: JSON.stringify({ StackEvents: [...all, before] }),
    },
  ];
}

/** What AWS says to whoever takes the role that deploys. */
export const ASSUMED: Answer = { to: 'sts assume-role *', stdout: 'AKIA\tsecret\ttoken\n' };

/** What the build tells programs: the lines that are one JSON object each, of this kind. */
export function structured({ stderr }: Outcome, kind: string): unknown[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{"mangoo":'))
    .map((line) => JSON.parse(line) as { mangoo: string })
    .filter(({ mangoo }) => mangoo === kind);
}

/** The lines of ci/common.sh's `fail`. */
export function errors({ stderr }: Outcome): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('ERROR: '));
}

/** The calls whose arguments begin so, e.g. `aws ecs update-service`. */
export function callsOf({ calls }: Outcome, command: string): Call[] {
  return calls.filter(({ program, args }) => `${[program, ...args].join(' ')} `.startsWith(`${command} `));
}

/** What follows an option. */
export function option({ args }: Call, name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

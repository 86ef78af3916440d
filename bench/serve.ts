import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  CreateProjectCommand,
  StartBuildCommand,
} from '@aws-sdk/client-codebuild';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';

/**
 * Twenty builds that sleep for a second, started at once on `simulate serve`: all must end well, and none be lost. Told is how
 * long they take for each second that they sleep, four at a time.
 *
 *   node --require ts-node/register/transpile-only bench/serve.ts [JSON FILE]
 */
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const BUILDS = 20;
const AT_ONCE = 4;
const ACCOUNT = '123456789012';

async function bench(): Promise<boolean> {
  const root = path.join(__dirname, '..');
  const args = ['--require', 'ts-node/register/transpile-only', 'tools/simulator/cli.ts'];
  const server = spawn(process.execPath, [...args, 'serve', '--port', '0', '--builds', String(AT_ONCE)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const variables = await ready(server);
    const options = {
      endpoint: variables.AWS_ENDPOINT_URL,
      region: variables.AWS_REGION,
      credentials: {
        accessKeyId: variables.AWS_ACCESS_KEY_ID ?? '',
        secretAccessKey: variables.AWS_SECRET_ACCESS_KEY ?? '',
        sessionToken: variables.AWS_SESSION_TOKEN,
      },
    };
    await createProject(options);
    const codeBuild = new CodeBuildClient(options);
    const start = performance.now();
    const started = await Promise.all(
      Array.from({ length: BUILDS }, () => codeBuild.send(new StartBuildCommand({ projectName: 'sleep' }))),
    );
    const ids = started.map(({ build }) => build?.id ?? '');
    for (;;) {
      const { builds = [] } = await codeBuild.send(new BatchGetBuildsCommand({ ids }));
      if (builds.every(({ buildComplete }) => buildComplete)) {
        const seconds = (performance.now() - start) / 1000;
        const succeeded = builds.filter(({ buildStatus }) => buildStatus === 'SUCCEEDED').length;
        const numbers = new Set(builds.map(({ buildNumber }) => buildNumber)).size;
        const ratio = seconds / (BUILDS / AT_ONCE);
        console.log(
          `${BUILDS} builds of 1 s, ${AT_ONCE} at once: ${seconds.toFixed(1)} s, ${ratio.toFixed(2)} times their sleep; ` +
            `${succeeded} SUCCEEDED, ${numbers} numbers, serve has ${memoryOf(server.pid ?? 0)} MB`,
        );
        if (process.argv[2]) {
          writeFileSync(process.argv[2], JSON.stringify({ serve: { ratio, succeeded } }));
        }
        return succeeded === BUILDS && numbers === BUILDS;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    server.kill('SIGINT');
    await new Promise((resolve) => server.once('exit', resolve));
  }
}

function ready(server: ReturnType<typeof spawn>): Promise<Record<string, string>> {
  let out = '';
  let err = '';
  server.stdout?.on('data', (text: Buffer) => (out += text.toString()));
  return new Promise((resolve, reject) => {
    server.stderr?.on('data', (text: Buffer) => {
      err += text.toString();
      if (!err.includes('Ready.')) return;
      resolve(
        Object.fromEntries(
          [...out.matchAll(/^export (\w+)=(\S*)$/gm)].map(([, name = '', value = '']) => [
            name,
            value.replace(/^'|'$/g, ''),
          ]),
        ),
      );
    });
    server.once('exit', () => reject(new Error(err)));
  });
}

async function createProject(options: ConstructorParameters<typeof IAMClient>[0]): Promise<void> {
  const iam = new IAMClient(options ?? {});
  const statement = (rest: object): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...rest }] });
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'sleep',
      AssumeRolePolicyDocument: statement({
        Principal: { Service: 'codebuild.amazonaws.com' },
        Action: 'sts:AssumeRole',
      }),
    }),
  );
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'sleep',
      PolicyName: 'logs',
      PolicyDocument: statement({
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: `arn:aws:logs:*:${ACCOUNT}:log-group:/aws/codebuild/sleep:*`,
      }),
    }),
  );
  await new CodeBuildClient(options ?? {}).send(
    new CreateProjectCommand({
      name: 'sleep',
      serviceRole: `arn:aws:iam::${ACCOUNT}:role/sleep`,
      source: {
        type: 'NO_SOURCE',
        buildspec: 'version: 0.2\nphases:\n  build:\n    commands:\n      - sleep 1\n',
      },
      artifacts: { type: 'NO_ARTIFACTS' },
      environment: {
        type: 'LINUX_CONTAINER',
        image: 'aws/codebuild/standard:7.0',
        computeType: 'BUILD_GENERAL1_SMALL',
      },
    }),
  );
}

/** Linux only; elsewhere 0. */
function memoryOf(pid: number): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    return Math.round(Number(kilobytes) / 1024);
  } catch {
    return 0;
  }
}

void bench().then((well) => (process.exitCode = well ? 0 : 1));

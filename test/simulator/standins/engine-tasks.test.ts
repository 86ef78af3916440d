import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import type { Emulated } from '../../../tools/simulator/gateway/emulated';
import { Sessions } from '../../../tools/simulator/gateway/sessions';
import type { ContainerDefinition, TaskDefinition } from '../../../tools/simulator/services/ecs-tasks';
import { RegistryTokens } from '../../../tools/simulator/services/registry-tokens';
import { type Engine, EngineError } from '../../../tools/simulator/standins/docker/engine';
import { EngineTasks } from '../../../tools/simulator/standins/docker/engine-tasks';
import type { TargetGroup } from '../../../tools/simulator/standins/docker/health-check';

const ECR = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const ROLE = 'arn:aws:iam::123456789012:role/execution';

let directory: string;
let application: Server;
let answers: Record<string, number>;
let engine: FakeEngine;
let group: TargetGroup | undefined;
const log: string[] = [];

/** Knows the containers that should be there, and answers `docker inspect` as the test wants it. */
class FakeEngine {
  readonly calls: { args: readonly string[]; env: Readonly<Record<string, string>> }[] = [];
  readonly containers = new Set<string>();
  readonly label = `mangoo.simulator=${hostname()}/${process.pid}/00`;
  state: object = { Running: true, ExitCode: 0 };
  logs = '';
  ps = '';
  images = '';
  login = '';
  fails?: string;

  run(
    args: readonly string[],
    { env = {} }: { env?: Record<string, string> } = {},
  ): Promise<{ stdout: string; stderr: string }> {
    this.calls.push({ args, env });
    const [command = ''] = args;
    if (command === this.fails) return Promise.reject(new EngineError('the engine says no'));
    return Promise.resolve({ stdout: this.answer(command, args, env), stderr: '' });
  }

  removeContainers(): Promise<void> {
    this.containers.clear();
    return Promise.resolve();
  }

  named(command: string): (readonly string[])[] {
    return this.calls.filter(({ args }) => args[0] === command).map(({ args }) => args.slice(1));
  }

  private answer(command: string, args: readonly string[], env: Record<string, string>): string {
    switch (command) {
      case 'create':
        this.containers.add(`container-${this.containers.size}`);
        return `container-${this.containers.size - 1}\n`;
      case 'rm':
        for (const id of args) this.containers.delete(id);
        return '';
      case 'inspect': {
        const { port } = application.address() as AddressInfo;
        const NetworkSettings = { Ports: { '8000/tcp': [{ HostPort: String(port) }] } };
        return JSON.stringify([...this.containers].map(() => ({ State: this.state, NetworkSettings })));
      }
      case 'pull':
        this.login = readFileSync(path.join(env.DOCKER_CONFIG ?? '', 'config.json'), 'utf8');
        return '';
      case 'logs':
        return this.logs;
      case 'ps':
        return this.ps;
      case 'images':
        return this.images;
      default:
        return '';
    }
  }
}

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-engine-tasks-test-'));
  engine = new FakeEngine();
  answers = { '/health': 200 };
  group = { HealthCheckPath: '/health' };
  log.length = 0;
  application = createServer((request, response) =>
    response.writeHead(answers[request.url ?? ''] ?? 404).end(),
  ).listen(0, '127.0.0.1');
  await once(application, 'listening');
});

afterEach(() => {
  application.close();
  application.closeAllConnections();
  rmSync(directory, { recursive: true, force: true });
});

function tasks(healthySeconds = 30): EngineTasks {
  const sessions = new Sessions();
  const values: Record<string, object> = {
    GetSecretValue: { SecretString: '{"token":"hush-hush","port":5432}' },
    GetParameters: { Parameters: [{ Value: 'from the parameter store' }] },
  };
  return new EngineTasks(
    {
      account: '123456789012',
      region: 'us-east-1',
      sessions,
      tokens: new RegistryTokens(sessions),
      emulated: {
        call: (_: unknown, operation: string) => Promise.resolve(values[operation]),
      } as unknown as Emulated,
      engine: engine as unknown as Engine,
      directory,
      url: () => 'http://localhost:4566',
      targetGroup: () => group,
      log: (line) => log.push(line),
    },
    healthySeconds,
  );
}

function definition(...containers: Partial<ContainerDefinition>[]): TaskDefinition {
  return {
    taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/app:1',
    executionRoleArn: ROLE,
    containerDefinitions: containers.map((container, i) => ({
      name: `c${i}`,
      image: `${ECR}/app:v1`,
      ...container,
    })),
  };
}

const BALANCED = {
  serviceName: 'web',
  loadBalancers: [{ targetGroupArn: 'arn:group', containerName: 'c0', containerPort: 8000 }],
};

const start = (runner: EngineTasks, ...containers: Partial<ContainerDefinition>[]) =>
  runner.start(
    BALANCED,
    definition(...containers),
    containers.map(() => DIGEST),
  );

test('the image is pulled by digest from the emulated registry, with a login of the execution role', async () => {
  await start(tasks(), {});

  expect(engine.named('pull')).toEqual([['--quiet', `localhost:4566/app@${DIGEST}`]]);
  const { auths } = JSON.parse(engine.login) as { auths: Record<string, { auth: string }> };
  expect(Buffer.from(auths['localhost:4566']?.auth ?? '', 'base64').toString()).toMatch(/^AWS:\S{100,}$/);
});

test('the container is made as the task definition says', async () => {
  await start(tasks(), {
    memory: 256,
    portMappings: [{ containerPort: 8000 }, { containerPort: 53, protocol: 'udp' }],
    environment: [{ name: 'MODE', value: 'a b' }],
    entryPoint: ['/bin/app', '--verbose'],
    command: ['serve'],
    workingDirectory: '/srv',
    user: '10001',
    readonlyRootFilesystem: true,
    mountPoints: [{ containerPath: '/tmp' }],
  });

  const [args = []] = engine.named('create');
  const line = args.join(' ');
  for (const part of [
    `--label ${engine.label}`,
    '--memory 256m',
    '--publish 127.0.0.1::8000',
    '--env MODE',
    '--workdir /srv',
    '--user 10001',
    '--read-only',
    '--volume /tmp',
    // The image's own health check is not ECS's.
    '--no-healthcheck',
  ]) {
    expect(line).toContain(part);
  }
  expect(line).not.toContain('::53');
  expect(line).toMatch(new RegExp(`--entrypoint /bin/app localhost:4566/app@${DIGEST} --verbose serve$`));
});

test('secrets come from the emulated services, and no process list shows them', async () => {
  const secret = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf';
  await start(tasks(), {
    secrets: [
      { name: 'TOKEN', valueFrom: `${secret}:token::` },
      { name: 'PORT', valueFrom: `${secret}:port::` },
      { name: 'ALL', valueFrom: secret },
      { name: 'PARAMETER', valueFrom: '/app/parameter' },
    ],
  });

  const create = engine.calls.find(({ args }) => args[0] === 'create');
  expect(create?.env).toMatchObject({
    TOKEN: 'hush-hush',
    PORT: '5432',
    ALL: '{"token":"hush-hush","port":5432}',
    PARAMETER: 'from the parameter store',
  });
  expect(create?.args).toEqual(expect.arrayContaining(['TOKEN', 'PORT', 'ALL', 'PARAMETER']));
  expect(engine.calls.flatMap(({ args }) => args).join(' ')).not.toMatch(/hush|parameter store/);
});

test('a secret that is not there ends the task before anything is pulled', async () => {
  const valueFrom = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf:password::';
  await expect(start(tasks(), { secrets: [{ name: 'PASSWORD', valueFrom }] })).rejects.toMatchObject({
    message:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key password',
    stopCode: 'TaskFailedToStart',
  });
  expect(engine.named('pull')).toEqual([]);
});

test('containers get no credentials but the emulated ones, and where those lead nowhere, none', async () => {
  engine.fails = 'network';
  await start(tasks(), {});

  const create = engine.calls.find(({ args }) => args[0] === 'create');
  expect(create?.env).toEqual({
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  expect(log[0]).toBe(
    'containers cannot reach the emulated AWS here, and get no credentials: the engine says no',
  );
});

test('the containers of a task share one network, and stop together', async () => {
  const running = await start(tasks(), {}, { image: 'sidecar:1' });
  expect(engine.named('create').map((args) => args.join(' '))).toEqual([
    expect.not.stringContaining('--network'),
    expect.stringContaining('--network container:container-0'),
  ]);
  expect(engine.containers.size).toBe(2);

  await running.stop();
  await running.stop();
  expect(engine.named('rm')).toEqual([['--force', '--volumes', 'container-0', 'container-1']]);
});

describe('health', () => {
  test.each<[string, TargetGroup, Record<string, number>, string]>([
    ['the path of the target group', { HealthCheckPath: '/ready' }, { '/ready': 200 }, '/ready answered 200'],
    [
      'its codes',
      { HealthCheckPath: '/', Matcher: { HttpCode: '200,300-399' } },
      { '/': 302 },
      '/ answered 302',
    ],
    ['the root, by default', {}, { '/': 200 }, '/ answered 200'],
    ['a connection, for a network load balancer', { Protocol: 'TCP' }, {}, ' accepts connections'],
  ])('asks for %s', async (_, properties, given, told) => {
    group = properties;
    answers = given;
    await start(tasks(), {});
    expect(log).toContain(`web: port 8000${told}`);
  });

  test('a container that answers wrongly is stopped, its last words told, and what it was asked', async () => {
    answers = { '/health': 503 };
    engine.logs = 'no database\n';
    await expect(start(tasks(0), {})).rejects.toMatchObject({
      message: 'Task failed ELB health checks in (target-group arn:group)',
      stopCode: 'ServiceSchedulerInitiated',
      detail: 'port 8000/health answered 503, expected 200, for 0 s',
    });
    expect(log).toContain('web, container c0: no database');
    expect(engine.containers.size).toBe(0);
  });

  test('an essential container that exits ends the task, with its exit code and without its secrets', async () => {
    engine.state = { Running: false, ExitCode: 3 };
    engine.logs = 'hush-hush is wrong\n';
    const valueFrom = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf:token::';
    await expect(start(tasks(), { secrets: [{ name: 'TOKEN', valueFrom }] })).rejects.toMatchObject({
      message: 'Essential container in task exited',
      stopCode: 'EssentialContainerExited',
      exitCode: 3,
      detail: 'container c0, exit code 3',
    });
    expect(log).toContain('web, container c0: *** is wrong');
    expect(engine.containers.size).toBe(0);
  });

  test('one killed for its memory says so, and one that is not essential may end', async () => {
    engine.state = { Running: false, ExitCode: 137, OOMKilled: true };
    await expect(start(tasks(), {})).rejects.toThrow('OutOfMemoryError');
    await expect(start(tasks(), { essential: false })).resolves.toBeDefined();
  });

  test("the container's own check counts, as a command of the task definition", async () => {
    const healthCheck = { command: ['CMD', 'curl', "it's"], timeout: 2 };
    engine.state = { Running: true, ExitCode: 0, Health: { Status: 'healthy' } };
    await tasks().start({ serviceName: 'web' }, definition({ healthCheck }), [DIGEST]);
    const [args = []] = engine.named('create');
    expect(args[args.indexOf('--health-cmd') + 1]).toBe(`'curl' 'it'\\''s'`);
    expect(args.join(' ')).toContain('--health-timeout 2s');

    engine.state = { Running: true, ExitCode: 0, Health: { Status: 'unhealthy' } };
    await expect(
      tasks().start({ serviceName: 'web' }, definition({ healthCheck }), [DIGEST]),
    ).rejects.toThrow('Task failed container health checks');
  });

  test('without load balancer and check nobody on AWS would ask: what /health answers is told, and decides nothing', async () => {
    const portMappings = [{ containerPort: 8000 }];
    await tasks().start({ serviceName: 'web' }, definition({ portMappings }), [DIGEST]);
    answers = {};
    await tasks().start({ serviceName: 'web' }, definition({ portMappings }), [DIGEST]);
    const note = '(on AWS nobody would ask: no load balancer, no health check)';
    expect(log.filter((line) => line.startsWith('web:'))).toEqual([
      `web: port 8000/health answered 200 ${note}`,
      `web: port 8000/health answered 404, expected 200-299 ${note}`,
    ]);
  });
});

describe('what is left', () => {
  test('containers of runs that were killed are removed with their images, those of living ones are not', async () => {
    // A process id that cannot be.
    engine.ps = [
      `dead\t${hostname()}/4194305/00\tlocalhost:4000`,
      `alive\t${hostname()}/${process.pid}/00\tlocalhost:4001`,
      'elsewhere\tanother-host/4194305/00\tlocalhost:4002',
    ].join('\n');
    engine.images = [
      `localhost:4000/app\tv1\t${DIGEST}`,
      'localhost:4000/app\t<none>\t<none>',
      'localhost:40001/app\tv1\t<none>',
      'python\t3.11\t<none>',
    ].join('\n');

    await tasks().removeLeftovers();

    expect(engine.named('rm')).toEqual([['--force', '--volumes', 'dead']]);
    expect(engine.named('rmi')).toEqual([['localhost:4000/app:v1', `localhost:4000/app@${DIGEST}`]]);
  });

  test('a run that ends in the middle of a start removes what that has made', async () => {
    answers = { '/health': 503 };
    const runner = tasks();
    const starting = expect(start(runner, {})).rejects.toThrow('the simulator ends');
    while (!engine.named('inspect').length) await new Promise((resolve) => setTimeout(resolve, 5));

    await runner.close();

    await starting;
    expect(engine.containers.size).toBe(0);
    // Nobody asked for its last words.
    expect(log.filter((line) => line.startsWith('web, container'))).toEqual([]);
  });
});

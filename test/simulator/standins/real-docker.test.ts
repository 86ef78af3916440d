import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { CreateRepositoryCommand, DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { EmulatedAws } from '../../../tools/simulator/emulated-aws';
import { hostEnvironment } from '../../../tools/host-environment';
import { Faults } from '../../../tools/simulator/faults';
import { Tools } from '../../../tools/simulator/standins/tools';

const exec = promisify(execFile);
const BASE = 'public.ecr.aws/docker/library/python:3.11-slim';

/** Why these tests cannot run here; undefined where they can. */
function obstacle(): string | undefined {
  const docker = (...args: string[]): boolean => {
    try {
      execFileSync('docker', args, { timeout: 120_000, stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  if (!docker('version')) return 'no Docker engine answers here';
  if (docker('image', 'inspect', BASE) || docker('pull', '--quiet', BASE)) return undefined;
  return `the engine can neither find nor pull ${BASE}`;
}

const reason = obstacle();
const whereDockerIs = reason ? describe.skip : describe;

whereDockerIs(`with a real Docker engine${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let directory: string;
  let aws: EmulatedAws;
  let environment: Record<string, string>;
  const log: string[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'mangoo-real-docker-test-'));
    mkdirSync(path.join(directory, 'home'));
    const host = hostEnvironment(process.env);
    const tools = await Tools.detect(host, ['docker'], process.env);
    aws = await EmulatedAws.start({
      account: '123456789012',
      region: 'us-east-1',
      directory,
      faults: new Faults(),
      env: process.env,
      signal: new AbortController().signal,
      engine: tools.engine,
      log: (line) => log.push(line),
    });
    const url = `${aws.url}/_simulator/docker`;
    const installed = await tools.install(path.join(directory, 'tools'), url, host, aws.imageRegistry);
    environment = {
      ...host,
      ...installed,
      ...aws.environmentFor(aws.administrator),
      HOME: path.join(directory, 'home'),
    };
    const ecr = new ECRClient(client());
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'app' }));
  });

  afterAll(async () => {
    await aws.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const client = () => ({
    endpoint: aws.url,
    region: aws.region,
    credentials: aws.administrator.credentials,
  });

  const docker = (...args: string[]) => exec('docker', args, { env: environment, cwd: directory });

  const containers = async (): Promise<string[]> => {
    const { stdout } = await docker('ps', '--quiet', '--filter', 'label=mangoo.simulator');
    return stdout.split('\n').filter(Boolean);
  };

  /** As a build does. @returns the digest that docker tells */
  async function buildAndPush(tag: string, program: string, base = BASE): Promise<string> {
    const context = path.join(directory, tag);
    mkdirSync(context);
    writeFileSync(path.join(context, 'app.py'), program);
    writeFileSync(
      path.join(context, 'Dockerfile'),
      `FROM ${base}\nCOPY app.py /app.py\nUSER 10001\nCMD ["python", "-u", "/app.py"]\n`,
    );
    const login = `aws ecr get-login-password | docker login --username AWS --password-stdin ${aws.imageRegistry}`;
    await exec('/bin/sh', ['-c', login], { env: environment });
    const name = `${aws.imageRegistry}/app:${tag}`;
    await docker('build', '--tag', name, context);
    const { stdout } = await docker('push', name);
    expect(stdout).toContain(`The push refers to repository [${aws.imageRegistry}/app]`);
    return /digest: (sha256:[0-9a-f]{64})/.exec(stdout)?.[1] ?? '';
  }

  async function deploy(verb: 'create-stack' | 'update-stack', digest: string): Promise<string> {
    const file = path.join(directory, 'template.json');
    writeFileSync(file, JSON.stringify(template(`${aws.imageRegistry}/app@${digest}`)));
    const args = ['cloudformation', verb, '--stack-name', 'app', '--template-body', `file://${file}`];
    await exec('aws', [...args, '--capabilities', 'CAPABILITY_IAM'], { env: environment });
    const stack = aws.cloudFormation.all().find(({ name }) => name === 'app');
    await stack?.operation;
    return stack?.status ?? '';
  }

  const SERVES = `
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        healthy = self.path == '/health' and os.environ['TOKEN'] == 'hush-hush' and os.environ['MODE'] == 'a b'
        self.send_response(200 if healthy else 500)
        self.end_headers()
http.server.HTTPServer(('', 8000), Handler).serve_forever()
`;
  const CRASHES = `
import os, sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/v2/', timeout=5)
except urllib.error.HTTPError as error:
    print('the emulated AWS answers', error.code)
print('no database at', os.environ['TOKEN'])
sys.exit(3)
`;

  test('what is built is what is pushed, deployed, run and asked for its health; what crashes is rolled back', async () => {
    const first = await buildAndPush('v1', SERVES);
    const { imageDetails } = await new ECRClient(client()).send(
      new DescribeImagesCommand({ repositoryName: 'app', imageIds: [{ imageTag: 'v1' }] }),
    );
    expect(imageDetails).toMatchObject([{ imageDigest: first }]);
    expect(imageDetails?.[0]?.imageSizeInBytes).toBeGreaterThan(1_000_000);

    expect(await deploy('create-stack', first)).toBe('CREATE_COMPLETE');

    expect(log).toContain('web: port 8000/health answered 200');
    const [running = '', ...others] = await containers();
    expect(others).toEqual([]);
    const { stdout } = await docker('inspect', running);
    const [{ Config, HostConfig }] = JSON.parse(stdout) as [
      { Config: { Image: string }; HostConfig: { Memory: number } },
    ];
    expect(Config.Image).toMatch(new RegExp(`/app@${first}$`));
    expect(HostConfig.Memory).toBe(128 * 1024 * 1024);

    // From what is in the registry: nobody has to have pulled it.
    await docker('rmi', '--force', `${aws.imageRegistry}/app:v1`);
    const second = await buildAndPush('v2', CRASHES, `${aws.imageRegistry}/app:v1`);
    expect(await deploy('update-stack', second)).toBe('UPDATE_ROLLBACK_COMPLETE');

    // Its last words, without the secret that it tells.
    expect(log).toContain('web, container app: no database at ***');
    expect(log).toContain('web, container app: the emulated AWS answers 401');
    expect(aws.rollouts.services()).toMatchObject([
      {
        rollout: 'FAILED',
        reason: 'Essential container in task exited: container app, exit code 3',
        images: [`${aws.imageRegistry}/app@${first}`],
      },
    ]);
    const { services } = await new ECSClient(client()).send(
      new DescribeServicesCommand({ cluster: 'c', services: ['web'] }),
    );
    expect(services?.[0]?.events?.map(({ message }) => message).join('\n')).toContain(
      'deployment failed: tasks failed to start',
    );
    expect(await containers()).toHaveLength(1);
  });

  test('nothing is left on the engine: no container of a task or a build, no image of the registry', async () => {
    const registry = new URL(aws.url).host;
    // A database for its tests, say, which a build has left running.
    await docker('run', '--detach', BASE, 'sleep', '600');
    expect(await containers()).toHaveLength(2);
    await aws.stop();
    expect(await containers()).toEqual([]);
    const { stdout } = await exec('docker', ['images', '--format', '{{.Repository}}'], { env: process.env });
    expect(stdout).not.toContain(registry);
  });
});

function template(image: string): object {
  const policy = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['ecr:*', 'secretsmanager:GetSecretValue'], Resource: '*' }],
  };
  const trust = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  };
  return {
    Resources: {
      Cluster: { Type: 'AWS::ECS::Cluster', Properties: { ClusterName: 'c' } },
      Token: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: '{"token":"hush-hush"}' } },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: trust,
          Policies: [{ PolicyName: 'start', PolicyDocument: policy }],
        },
      },
      Group: {
        Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
        Properties: { Port: 8000, Protocol: 'HTTP', HealthCheckPath: '/health' },
      },
      Task: {
        Type: 'AWS::ECS::TaskDefinition',
        Properties: {
          Family: 'app',
          ExecutionRoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
          ContainerDefinitions: [
            {
              Name: 'app',
              Image: image,
              Memory: 128,
              PortMappings: [{ ContainerPort: 8000 }],
              Environment: [{ Name: 'MODE', Value: 'a b' }],
              Secrets: [{ Name: 'TOKEN', ValueFrom: { 'Fn::Sub': '${Token}:token::' } }],
            },
          ],
        },
      },
      Web: {
        Type: 'AWS::ECS::Service',
        Properties: {
          ServiceName: 'web',
          Cluster: { Ref: 'Cluster' },
          TaskDefinition: { Ref: 'Task' },
          DesiredCount: 2,
          LoadBalancers: [{ TargetGroupArn: { Ref: 'Group' }, ContainerName: 'app', ContainerPort: 8000 }],
          DeploymentConfiguration: { DeploymentCircuitBreaker: { Enable: true, Rollback: true } },
        },
      },
    },
  };
}

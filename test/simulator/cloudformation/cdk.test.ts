import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmulatedAws } from '../../../tools/simulator/emulated-aws';
import { hostEnvironment } from '../../../tools/host-environment';
import { Faults } from '../../../tools/simulator/faults';
import { run } from '../../../tools/process';

const CLI = path.join(__dirname, '../../../node_modules/aws-cdk/bin/cdk');

let directory: string;
let aws: EmulatedAws;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-cdk-test-'));
  aws = await EmulatedAws.start({
    account: '123456789012',
    region: 'us-east-1',
    directory,
    faults: new Faults(),
    env: process.env,
    signal: new AbortController().signal,
    log: () => undefined,
  });
});

afterAll(async () => {
  await aws.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** An assembly as an app would write it, of one stack that needs no bootstrap. */
function assembly(resources: object): string {
  const output = path.join(directory, 'cdk.out');
  mkdirSync(output, { recursive: true });
  const write = (file: string, content: object): void =>
    writeFileSync(path.join(output, file), JSON.stringify(content));
  write('Small.template.json', { Resources: resources, Outputs: { Name: { Value: { Ref: 'Bucket' } } } });
  write('manifest.json', {
    version: '36.0.0',
    artifacts: {
      Small: {
        type: 'aws:cloudformation:stack',
        environment: 'aws://123456789012/us-east-1',
        properties: { templateFile: 'Small.template.json' },
      },
    },
  });
  return output;
}

async function cdk(...args: string[]): Promise<{ exit: number; output: string }> {
  let output = '';
  const exit = await run(process.execPath, [CLI, ...args, '--no-color', '--no-notices', '--ci'], {
    cwd: directory,
    env: { ...hostEnvironment(process.env), ...aws.environmentFor(aws.administrator), HOME: directory },
    signal: new AbortController().signal,
    output: (text) => (output += text),
  });
  return { exit, output };
}

const bucket = (name: string): object => ({ Type: 'AWS::S3::Bucket', Properties: { BucketName: name } });
const approved = ['--require-approval', 'never'];

test('the unmodified CDK CLI deploys, finds nothing to do, updates, shows a difference, rolls back and destroys', async () => {
  const outputs = path.join(directory, 'outputs.json');
  const deploy = (app: string): ReturnType<typeof cdk> =>
    cdk('deploy', '--app', app, '--outputs-file', outputs, ...approved);

  const first = await deploy(assembly({ Bucket: bucket('small-1') }));
  expect(first).toMatchObject({ exit: 0 });
  expect(JSON.parse(readFileSync(outputs, 'utf8'))).toEqual({ Small: { Name: 'small-1' } });

  const again = await deploy(assembly({ Bucket: bucket('small-1') }));
  expect(again.output).toContain('Small (no changes)');

  const next = assembly({ Bucket: bucket('small-2') });
  const difference = await cdk('diff', '--app', next);
  expect(difference.output).toContain('[~] AWS::S3::Bucket Bucket replace');
  expect(await deploy(next)).toMatchObject({ exit: 0 });
  expect(JSON.parse(readFileSync(outputs, 'utf8'))).toEqual({ Small: { Name: 'small-2' } });

  const failed = await deploy(assembly({ Bucket: bucket('small-2'), Bad: bucket('x') }));
  expect(failed.exit).toBe(1);
  expect(failed.output).toContain('The specified bucket is not valid');
  expect(aws.cloudFormation.all().map(({ name, status }) => [name, status])).toEqual([
    ['Small', 'UPDATE_ROLLBACK_COMPLETE'],
  ]);

  expect(await cdk('destroy', '--app', next, '--force')).toMatchObject({ exit: 0 });
  expect(aws.cloudFormation.all()).toEqual([]);
});

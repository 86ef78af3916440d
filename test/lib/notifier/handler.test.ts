import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { BUILD_ID, buildEvent, COMMAND_FAILED, failedLog, phases } from './sample-events';

const ROOT = path.resolve(__dirname, '../../..');
const run = promisify(execFile);
const directory = mkdtempSync(path.join(tmpdir(), 'mangoo-notifier-'));
const bundle = path.join(directory, 'index.js');

/** What the function has asked for: the operation and, of S3, the key. */
const calls: string[] = [];
const published: URLSearchParams[] = [];
const marks = new Map<string, string>();
const server = createServer((request, response) => {
  void text(request).then((body) => {
    const { status, answer, type } = answered(request, body);
    response.writeHead(status, { 'content-type': type ?? 'application/x-amz-json-1.1' }).end(answer);
  });
});

beforeAll(async () => {
  // As the stack bundles it.
  buildSync({
    entryPoints: [path.join(ROOT, 'lib/notifier/handler.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node24',
    external: ['@aws-sdk/*'],
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

/** AWS, as far as the function asks it. */
function answered(
  { method, url = '', headers }: IncomingMessage,
  body: string,
): { status: number; answer?: string; type?: string } {
  const target = String(headers['x-amz-target'] ?? '').split('.')[1];
  if (target !== undefined) calls.push(target);
  switch (target) {
    case 'BatchGetBuilds':
      return { status: 200, answer: JSON.stringify({ builds: [{ id: BUILD_ID, buildStatus: 'FAILED' }] }) };
    case 'GetLogEvents': {
      const events = failedLog(['no space left on device']).map((message) => ({ message }));
      return { status: 200, answer: JSON.stringify({ events, nextBackwardToken: 'b/0' }) };
    }
  }
  if (url.startsWith('/marks/')) {
    calls.push(`${method} ${url.replace(/\?.*/, '')}`);
    if (headers['if-none-match'] === '*' && marks.has(url)) {
      const answer = '<Error><Code>PreconditionFailed</Code><Message>no</Message></Error>';
      return { status: 412, answer, type: 'application/xml' };
    }
    if (method === 'PUT') marks.set(url, body);
    return { status: 200, answer: method === 'GET' ? marks.values().next().value : undefined };
  }
  published.push(new URLSearchParams(body));
  const answer = '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>';
  return { status: 200, answer, type: 'text/xml' };
}

test('the bundle that is deployed tells of a failure once, with the SDK of the runtime', async () => {
  const event = buildEvent('FAILED', { phases: phases('BUILD', 'FAILED', COMMAND_FAILED) });
  const script = `const { handler } = require(${JSON.stringify(bundle)}), event = ${JSON.stringify(event)};
    handler(event).then(() => handler(event)).then((result) => console.log(String(result)));`;
  const { stdout } = await run(process.execPath, ['-e', script], {
    env: {
      NODE_PATH: path.join(ROOT, 'node_modules'),
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-west-2',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      TOPIC_ARN: 'arn:aws:sns:us-west-2:123456789012:mangoo-build-deploy-notifications',
      MARKS_BUCKET: 'marks',
      MINUTE_USD: '0.02',
    },
  });

  expect(stdout).toBe('undefined\n');
  expect(published.map((message) => message.get('Subject'))).toEqual([
    'FAILED: The disk is full - ci/test.sh - my-sample-project',
  ]);
  expect(published[0]?.get('Message')).toContain('\nCost: about 0.04 USD (2 minutes)\n');
  const mark = `/marks/notifications/builds/my-sample-project/8745a7a9-c340-456a-9166-edf953571bee/text`;
  const read = ['BatchGetBuilds', 'GetLogEvents', 'GetLogEvents', `PUT ${mark}`];
  // What its role has to allow, and nothing else.
  expect(calls).toEqual([...read, `PUT ${mark}`, ...read, `GET ${mark}`]);
});

test('the bundle holds our own code only, so that it stays small and starts fast', () => {
  expect(statSync(bundle).size).toBeLessThan(100_000);
});

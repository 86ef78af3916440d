// One invocation of a function, in a process of its own: what AWS Lambda's runtime for Node.js is to a handler.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
const { existsSync } = require('node:fs');
const path = require('node:path');
const { format } = require('node:util');
const { pathToFileURL } = require('node:url');

const { AWS_LAMBDA_FUNCTION_NAME, AWS_LAMBDA_FUNCTION_MEMORY_SIZE, LAMBDA_TASK_ROOT } = process.env;
let requestId = '';

// The simulator has gone: nobody waits for an answer, and nobody would end this process.
process.on('disconnect', () => process.exit(1));

for (const [method, level] of [
  ['debug', 'DEBUG'],
  ['error', 'ERROR'],
  ['info', 'INFO'],
  ['log', 'INFO'],
  ['trace', 'TRACE'],
  ['warn', 'WARN'],
]) {
  // A line break within a message stays within the event, as on Lambda.
  console[method] = (...values) =>
    process.stdout.write(
      `${new Date().toISOString()}\t${requestId}\t${level}\t${format(...values).replaceAll('\n', '\r')}\n`,
    );
}

function answer(message) {
  // What is still in the pipe to the simulator is read after the end, too.
  process.send(message, () => process.exit());
}

function fail(kind, thrown) {
  const error = thrown instanceof Error ? thrown : { name: typeof thrown, message: String(thrown) };
  const { name: errorType, message: errorMessage, stack = '' } = error;
  console.error(kind, JSON.stringify({ errorType, errorMessage, stack: stack.split('\n') }));
  answer({ error: { errorType, errorMessage, trace: stack.split('\n') } });
}

process.on('uncaughtException', (error) => fail('Uncaught Exception', error));
process.on('unhandledRejection', (error) => fail('Unhandled Promise Rejection', error));

async function load() {
  const [, file, name] = /^(.*)\.([^./]+)$/.exec(process.env._HANDLER) ?? [];
  const candidates = ['.js', '.mjs', '.cjs'].map((extension) =>
    path.resolve(LAMBDA_TASK_ROOT, `${file}${extension}`),
  );
  const found = candidates.find((candidate) => existsSync(candidate));
  if (!file || !found) throw named('Runtime.ImportModuleError', `Cannot find module '${file}'`);
  const module = await import(pathToFileURL(found).href);
  const handler = module[name] ?? module.default?.[name];
  if (typeof handler === 'function') return handler;
  throw named('Runtime.HandlerNotFound', `${process.env._HANDLER} is undefined or not exported`);
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

process.once('message', async ({ event, id, arn, milliseconds }) => {
  requestId = id;
  try {
    const handler = await load();
    // From here on the function's own time runs.
    process.send({ loaded: true });
    const end = Date.now() + milliseconds;
    const result = await handler(event, {
      functionName: AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: '$LATEST',
      invokedFunctionArn: arn,
      memoryLimitInMB: AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      awsRequestId: id,
      logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
      getRemainingTimeInMillis: () => Math.max(end - Date.now(), 0),
    });
    answer({ result: result ?? null });
  } catch (error) {
    fail('Invoke Error', error);
  }
});

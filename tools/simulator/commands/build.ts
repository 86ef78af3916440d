import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Diagnosis } from '../../../lib/catalogue/diagnosis';
import { type Command, UserError } from '../../command';
import { checkJsonFile, writeJson } from '../../json-file';
import { runBuild } from '../engine/build';
import type { BuildResult } from '../engine/types';
import { hostEnvironment } from '../../host-environment';
import { awsEnvironment } from '../environment';
import { endToEnd } from '../gateway/emulated';
import { renderError } from '../gateway/errors';
import { protocolOf } from '../gateway/protocol';
import { AwsError } from '../gateway/request';
import { send } from '../gateway/server';
import { BuildFollower } from '../report/build-follower';
import { Progress } from '../report/progress';
import { requireTools, Tools } from '../standins/tools';
import { checkDirectory, copyWorkTree } from '../work-tree';
import { WorkingDirectory } from '../working-directory';
import { listOf, numberOf, OPTIONS, pairsOf, VERBOSE } from './options';
import { RESULTS } from './results';

const IMAGE = 'standard:7.0';

export const build: Command = {
  summary:
    "Runs one buildspec alone, any project's: no stack, no AWS; the Docker-free counterpart of AWS's local agent.",
  options: {
    source: {
      value: 'DIR',
      help: 'what is built (default: this directory); a copy, without what git ignores',
    },
    buildspec: { value: 'FILE', help: 'within the source (default: buildspec.yml)' },
    image: { value: 'NAME', help: `whose runtimes decide over runtime-versions (default: ${IMAGE})` },
    env: { value: 'K=V', multiple: true, help: 'a variable, as the project would give it' },
    parameter: {
      value: 'NAME=VALUE',
      multiple: true,
      help: 'what a reference of parameter-store or secrets-manager stands for',
    },
    'timeout-seconds': { value: 'N', help: 'when the build is ended (default: 3600)' },
    require: OPTIONS.require,
    verbose: VERBOSE,
    json: { value: 'FILE', help: 'writes the result for programs' },
  },
  async run(values, context) {
    const text = (name: string): string | undefined => values[name] as string | undefined;
    const texts = (name: string): readonly string[] | undefined =>
      values[name] as readonly string[] | undefined;
    const source = path.resolve(context.cwd, text('source') ?? '.');
    const jsonFile = text('json') === undefined ? undefined : path.resolve(context.cwd, text('json') ?? '');
    const timeoutSeconds = numberOf('timeout-seconds', text('timeout-seconds'), 3600);
    const variables = pairsOf('env', texts('env'));
    const references = new Map(pairsOf('parameter', texts('parameter')));
    if (jsonFile) checkJsonFile(jsonFile);
    checkDirectory(source);
    const buildspec = withinSource(source, text('buildspec') ?? 'buildspec.yml');
    const results = path.join(context.cwd, RESULTS);
    const directory = await WorkingDirectory.create(context.env, (line) => context.err(line));
    try {
      const work = (name: string): string => path.join(directory.path, name);
      await Promise.all(['tmp', 'build'].map((name) => mkdir(work(name))));
      await mkdir(results, { recursive: true });
      const host = hostEnvironment({ ...context.env, TMPDIR: work('tmp') });
      // Without git, a work tree would be copied with what it ignores.
      await requireTools(host, ['git', 'python3']);
      const tools = await Tools.detect(host, listOf(text('require')), context.env);
      const progress = new Progress(context, { verbose: values.verbose === true });
      const log = path.join(results, 'build.log');
      const follower = new BuildFollower(log, progress);
      const server = await listen(tools);
      const url = `http://localhost:${(server.address() as AddressInfo).port}`;
      try {
        const id = `local:${randomUUID()}`;
        const result = await runBuild({
          directory: work('build'),
          environment: {
            ...host,
            ...(await tools.install(work('tools'), `${url}/docker`, host)),
            ...awsEnvironment({ url, region: 'us-east-1', configFile: '/dev/null' }),
            // Nobody's: whatever asks AWS for something is told that there is none.
            AWS_ACCESS_KEY_ID: 'none',
            AWS_SECRET_ACCESS_KEY: 'none',
            CODEBUILD_BUILD_ID: id,
            CODEBUILD_BUILD_NUMBER: '1',
            CODEBUILD_BUILD_IMAGE: imageName(text('image') ?? IMAGE),
            CODEBUILD_INITIATOR: 'simulate build',
            CODEBUILD_START_TIME: String(Date.now()),
          },
          variables: variables.map(([name, value]) => ({ name, value, type: 'PLAINTEXT' })),
          image: imageName(text('image') ?? IMAGE),
          downloadSource: async (target): Promise<Record<string, string>> => {
            const commit = await copyWorkTree(source, target);
            return commit === undefined
              ? {}
              : { CODEBUILD_RESOLVED_SOURCE_VERSION: commit, CODEBUILD_SOURCE_VERSION: commit };
          },
          buildspec: { path: buildspec },
          timeoutSeconds,
          stop: context.signal,
          artifactsType: 'S3',
          parameters: (names) => {
            const missing = names.filter((name) => !references.has(name));
            if (missing.length) return Promise.reject(missingReferences(missing));
            return Promise.resolve(
              Object.fromEntries(names.map((name) => [name, references.get(name) ?? ''])),
            );
          },
          secret: (reference) => {
            const value = references.get(reference);
            return value === undefined
              ? Promise.reject(missingReferences([reference]))
              : Promise.resolve(value);
          },
          // They are found and listed; there is nowhere to store them.
          uploadArtifacts: () => Promise.resolve(),
          storeReport: () => Promise.resolve(),
          output: (chunk) => follower.output(chunk),
          phaseStarted: (name) => follower.phaseStarted(name),
          phaseEnded: (phase) => follower.phaseEnded(phase),
        });
        context.signal.throwIfAborted();
        const diagnosis = follower.diagnosis(result);
        const json = { id, ...result, diagnosis, tools: tools.kinds, log };
        if (jsonFile) writeJson(jsonFile, json);
        const simulated = [...tools.simulated, ...result.simulated];
        for (const line of told(result, simulated, diagnosis)) context.out(line);
        context.out(`Log        ${log}`);
        return result.status === 'SUCCEEDED' ? 0 : 1;
      } finally {
        await tools.engine?.removeContainers();
        await follower.end();
        server.close();
        server.closeAllConnections();
      }
    } finally {
      await directory.remove();
    }
  },
};

/** @throws UserError for a file that is not there, or elsewhere: the build sees a copy of the source only */
function withinSource(source: string, buildspec: string): string {
  const file = path.resolve(source, buildspec);
  const relative = path.relative(source, file);
  if (/^\.\.(\/|$)/.test(relative) || path.isAbsolute(relative)) {
    throw new UserError(`--buildspec ${buildspec}: expected a file within the source ${source}`);
  }
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile()) return relative;
  const what = found ? 'expected a file, got a directory' : 'no such file';
  throw new UserError(
    `--buildspec ${buildspec}: ${what} in ${source}; say where it is with --buildspec FILE`,
  );
}

const NO_AWS = new AwsError('NoAwsHere', 'simulate build plays no AWS; simulate push and simulate serve do.');

function imageName(name: string): string {
  return name.includes('/') ? name : `aws/codebuild/${name}`;
}

function missingReferences(names: readonly string[]): Error {
  return new Error(`Parameter does not exist: ${names.join(', ')} (give it by --parameter NAME=VALUE)`);
}

/** Plays docker, and answers whoever takes it for AWS. */
function listen(tools: Tools): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/docker/')) {
      // A command that goes away in the middle of its question.
      return void Promise.resolve(tools.route(request, response)).catch(() => response.destroy());
    }
    const { method = 'GET', url: target = '/' } = request;
    const protocol = protocolOf({ method, target, headers: endToEnd(request.headers) });
    send(response, renderError(NO_AWS, { protocol, method }, randomUUID()));
    request.resume();
  });
  return new Promise((resolve) => server.listen(0, 'localhost', () => resolve(server)));
}

function told(
  result: BuildResult,
  simulated: readonly string[],
  diagnosis: readonly Diagnosis[] = [],
): string[] {
  const failed = result.phases.find(({ status }) => status !== 'SUCCEEDED');
  return [
    '',
    `${result.status}${failed ? `  failed in ${failed.name}: ${failed.context ?? failed.status}` : ''}`,
    ...diagnosis.flatMap(({ cause, fix }) => [`  cause: ${cause}`, `  fix: ${fix}`]),
    '',
    ...result.artifacts.map((file) => `Artifact   ${file}`),
    ...Object.entries(result.exportedVariables).map(([name, value]) => `Exported   ${name}=${value}`),
    ...simulated.map((line) => `Simulated  ${line}`),
  ];
}

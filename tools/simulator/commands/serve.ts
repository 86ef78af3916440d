import { once } from 'node:events';
import path from 'node:path';
import type { EnvironmentConfig } from '../../../lib/config';
import { pipelinePlace } from '../../../lib/environments';
import { namesOf } from '../../../lib/names';
import { type Command, UserError } from '../../command';
import { readConfig } from '../../config';
import { hostEnvironment } from '../../host-environment';
import { ACCOUNT, BUILDS_AT_ONCE, REGION } from '../push';
import { quotedWord } from '../shell-word';
import { Simulator } from '../simulator';
import { requireTools } from '../standins/tools';
import { WorkingDirectory } from '../working-directory';
import { faultsOf, listOf, numberOf, OPTIONS } from './options';

/** The port that AWS emulators are known by. */
const PORT = 4566;

export const serve: Command = {
  summary: 'Keeps CodeBuild, GitHub and AWS running on this machine, for your own aws, cdk and git push.',
  options: {
    port: { value: 'N', help: `where it listens (default: ${PORT}; 0: a free one)` },
    state: {
      value: 'DIR',
      help: 'keeps everything there, also for the next start (default: nothing is kept)',
    },
    config: { value: 'PATH', help: 'the configuration whose account and region are played' },
    builds: {
      value: 'N',
      help: `how many builds run at once; others wait (default: ${BUILDS_AT_ONCE}; a new account has 1)`,
    },
    ...OPTIONS,
  },
  async run(values, context) {
    const text = (name: string): string | undefined => values[name] as string | undefined;
    const port = numberOf('port', text('port'), PORT, 0);
    if (port > 65_535) throw new UserError(`--port: expected a port, at most 65535, got '${port}'`);
    const quota = numberOf('builds', text('builds'), BUILDS_AT_ONCE);
    const faults = faultsOf(values.fault as readonly string[] | undefined);
    const config = text('config');
    const pipeline = config === undefined ? undefined : readConfig(config);
    const { account = ACCOUNT, region = REGION } = pipeline ? pipelinePlace(pipeline) : {};
    const state = text('state');
    const working = await WorkingDirectory.create(
      context.env,
      (line) => context.err(line),
      state && path.resolve(context.cwd, state),
    );
    const directory = working.path;
    try {
      const host = hostEnvironment({ ...context.env, TMPDIR: path.join(directory, 'tmp') });
      await requireTools(host);
      const simulator = await Simulator.start({
        account,
        region,
        directory,
        keepState: state !== undefined,
        keepBuilds: false,
        faults,
        require: listOf(text('require')),
        endpointUrl: text('endpoint-url'),
        port,
        quota,
        host,
        context,
        note: (line) => context.err(line),
        notified: ({ topic, subject, text }) =>
          context.err(`notified (simulated) ${topic}: ${subject ?? text.split('\n')[0]}`),
      });
      try {
        for (const line of greeting(simulator, config, pipeline?.environments[0])) context.out(line);
        context.err('Ready. Ctrl-C ends it.');
        if (!context.signal.aborted) await once(context.signal, 'abort');
      } finally {
        await simulator.stop();
      }
      return 0;
    } finally {
      await working.remove();
    }
  },
};

/** For a shell: the first lines as they are, the others as what to try. */
function greeting(
  { aws, remote }: Simulator,
  config: string | undefined,
  { name, branch }: EnvironmentConfig = { name: 'default', branch: 'main' },
): string[] {
  const { stack, project, logGroup } = namesOf(name);
  const environment = Object.entries(aws.environmentFor(aws.administrator));
  const context = config === undefined ? '' : ` --context config=${quotedWord(config)}`;
  return [
    ...environment.map(([name, value]) => `export ${name}=${quotedWord(value)}`),
    '',
    '# In a shell with these variables, for example:',
    `#   npx cdk bootstrap aws://${aws.account}/${aws.region}`,
    `#   npx cdk deploy ${stack}${context}    (it prints the BootstrapCommand of the application: run that too)`,
    `#   git push ${quotedWord(remote.url)} HEAD:${branch}`,
    `#   npm run simulate -- event pull-request.json --remote ${quotedWord(remote.url)}`,
    `#   aws codebuild start-build --project-name ${project} --source-version ${branch}`,
    `#   aws logs tail ${logGroup} --follow    (AWS CLI 2)`,
  ];
}

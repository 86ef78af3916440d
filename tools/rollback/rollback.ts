import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { CodeBuildClient, StartBuildCommand, type StartBuildCommandInput } from '@aws-sdk/client-codebuild';
import type { PipelineConfig } from '../../lib/config';
import { type Command, UserError } from '../command';
import type { Account } from '../doctor/account';
import { Commands } from '../doctor/commands';
import { checkJsonFile, writeJson } from '../json-file';
import { historyOf } from '../releases/history';
import { known, openPipeline, PLACE_OPTIONS } from '../releases/place';
import type { Recorded } from '../releases/recorded';
import { choices, minute } from '../releases/table';
import { chosen, targets } from './choose';

export const rollback: Command = {
  summary:
    "Starts the build that deploys an earlier release again, its images and its stacks' templates, and builds nothing; RELEASE is a number, a commit (7 digits or more), a tag or a build's id; without it, lists what there is to go back to.",
  positional: '[RELEASE]',
  options: {
    ...PLACE_OPTIONS,
    json: { value: 'FILE', help: 'writes the answer for programs' },
  },
  async run(values, context, positionals) {
    const json = values.json === undefined ? undefined : path.resolve(context.cwd, values.json as string);
    if (json !== undefined) checkJsonFile(json);
    const [asked, ...rest] = positionals;
    if (asked === '' || rest.length)
      throw new UserError('expected one release, or none to see which there are');
    const { account, config, environments, profile } = await openPipeline(values, context);
    const [environment, ...others] = environments;
    if (!environment || others.length) {
      const names = environments.map(({ name }) => name).join(', ');
      throw new UserError(`which environment? Give --environment, one of: ${names}`);
    }
    const history = await known(historyOf(account, environment, config));

    if (asked === undefined) {
      const possible = targets(history);
      if (json !== undefined) writeJson(json, { environment: environment.name, releases: possible });
      context.out(
        possible.length
          ? `What ${environment.name} can go back to, newest first (npm run rollback -- RELEASE):`
          : `${environment.name} has no earlier release to go back to.`,
      );
      for (const line of choices(possible)) context.out(line);
      return 0;
    }

    const release = chosen(history, asked);
    const gone = await known(missingImages(account, config, release));
    if (gone.length) throw new UserError(gone.join('\n'), 1);

    const commands = new Commands({ region: account.region, profile });
    const { project, logGroup } = environment.names;
    const input = startOf(project, release);
    const command = commands.aws(...wordsOf(input));
    context.out(
      `Takes ${environment.name} back to release ${release.release} of ${minute(release.verified)} UTC: ${release.commit}`,
    );
    context.out(`  ${command}`);
    const { id, buildNumber } = await known(started(account, input));
    const follow = commands.aws(
      ...['logs', 'tail', logGroup, '--log-stream-name-prefix', id.split(':')[1] ?? '', '--follow'],
    );
    if (json !== undefined) {
      writeJson(json, {
        environment: environment.name,
        release,
        build: id,
        number: buildNumber,
        command,
        follow,
      });
    }
    for (const line of [
      `It is build ${buildNumber}, ${id}; its log:`,
      `  ${follow}`,
      'It brings back the images and the stacks of that release, not what the database has become since.',
    ]) {
      context.out(line);
    }
    return 0;
  },
};

/** Why a release cannot be deployed as it was, a line each. */
async function missingImages(
  account: Account,
  { images }: PipelineConfig,
  { release, tag, images: released }: Recorded,
): Promise<string[]> {
  const wanted = new Map(Object.values(released).map(({ repository, digest }) => [repository, digest]));
  // The project builds and deploys all images of today.
  const all = new Set([...wanted.keys(), ...images.map(({ repository }) => repository)]);
  const problems = await Promise.all(
    [...all].map(async (repository): Promise<string | undefined> => {
      const digest = await account.digestOf(repository, tag);
      const expected = wanted.get(repository);
      if (digest === undefined) return `release ${release}: ${repository} has no image ${tag} any more`;
      if (expected === undefined || expected === digest) return undefined;
      return `release ${release}: ${repository}:${tag} is ${digest} now, and it was ${expected}`;
    }),
  );
  const found = problems.flatMap((problem) => problem ?? []);
  if (!found.length) return [];
  return [
    ...found,
    'nothing was started: go back to another release, or revert on the branch and push, which builds the old content anew',
  ];
}

/** What is typed stays data: no shell sees it. */
function startOf(projectName: string, { commit, tag, build }: Recorded) {
  const variable = (name: string, value: string) => ({ name, value, type: 'PLAINTEXT' as const });
  return {
    projectName,
    sourceVersion: commit,
    environmentVariablesOverride: [
      variable('IMAGE_TAG', tag),
      variable('ROLLBACK', '1'),
      variable('ROLLBACK_TO', build),
    ],
  } satisfies StartBuildCommandInput;
}

function wordsOf({
  projectName,
  sourceVersion,
  environmentVariablesOverride,
}: ReturnType<typeof startOf>): string[] {
  return [
    ...['codebuild', 'start-build', '--project-name', projectName, '--source-version', sourceVersion],
    '--environment-variables-override',
    ...environmentVariablesOverride.map(
      ({ name, value, type }) => `name=${name},value=${value},type=${type}`,
    ),
  ];
}

async function started(
  account: Account,
  input: ReturnType<typeof startOf>,
): Promise<{ id: string; buildNumber: number }> {
  // One build, however often the call has to be tried.
  const start = new StartBuildCommand({ ...input, idempotencyToken: randomUUID() });
  const answer = await account.change('codebuild:StartBuild', (settings, call) =>
    new CodeBuildClient(settings).send(start, call),
  );
  const { id, buildNumber } = answer?.build ?? {};
  if (id !== undefined && buildNumber !== undefined) return { id, buildNumber };
  throw new UserError(
    `there is no project ${input.projectName} in ${account.region}: deploy the pipeline's stack (npx cdk deploy)`,
    1,
  );
}

import type { Build } from '../model/build';
import type { Command } from '../model/command';
import type { Model } from '../model/model';
import { awsCall } from './aws-call';
import { awsPermissions } from './aws-permissions';
import { assumedRoles } from './cdk-roles';
import { codebuildNeeds } from './codebuild-permissions';
import { otherCredentials } from './credentials';
import { dockerPermissions, perhapsOfDocker } from './docker-permissions';
import type { Need, Permission } from './need';

/**
 * What a build must be allowed: by what CodeBuild does for the project's settings, and by the calls of its commands that
 * can be told. What they do with other credentials than the project's role is `unsure`.
 */
export function needsOf(build: Build, model: Model): Need[] {
  const others = otherCredentials(build);
  const ofCommands = build.commands.flatMap((command) => {
    const by = shortened(command);
    const without = others.has(command) ? 'unsure' : consequence(command);
    const needs = (permissions: readonly Permission[], how: Need['without'] = without): Need[] =>
      permissions.map((permission) => ({
        ...permission,
        place: command.place,
        by,
        without: how,
      }));
    const call = awsCall(command);
    return [
      ...(call ? needs(awsPermissions(call)) : []),
      ...needs(dockerPermissions(command)),
      ...needs(perhapsOfDocker(command), 'unsure'),
      ...needs(
        assumedRoles(command, model).map(({ arn }) => ({ action: 'sts:AssumeRole', resource: arn })),
        'elsewhere',
      ),
    ];
  });
  return [...codebuildNeeds(build, model), ...ofCommands];
}

/** A command that may not run, or whose failure may not end the build, fails nothing for certain. */
function consequence({ conditional, ignored, words }: Command): Need['without'] {
  // Of `get-login-password | docker login` the latter fails then.
  const isLogin = ignored === 'pipe' && words.some((word) => word.startsWith('get-login'));
  return conditional || (ignored !== undefined && !isLogin) ? 'harmed' : 'missing';
}

/** E.g. `aws ecr describe-images`. */
function shortened({ name, words }: Command): string {
  return [name, ...words.filter((word) => /^[a-z][\w-]*$/.test(word)).slice(0, name === 'aws' ? 2 : 1)].join(
    ' ',
  );
}

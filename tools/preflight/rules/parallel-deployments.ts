import type { Build } from '../model/build';
import { cdkCall } from '../model/cdk-call';
import { options } from '../model/command';
import { isDeployment } from '../model/deployments';
import type { Project } from '../model/project';
import { isLiteral } from '../model/stack';
import type { Found, Rule } from '../rule';

export const parallelDeployments: Rule = {
  id: 'F66',
  name: 'parallel-deployments',
  title: 'Two deployments of one stack at a time',
  awsError: 'Stack:… is in UPDATE_IN_PROGRESS state and can not be updated.',
  cause:
    'CloudFormation refuses a second update of a stack while the first one runs. concurrentBuildLimit is no queue: builds above it are rejected, so their pushes are lost',
  fix: 'let one pipeline deploy, in execution mode QUEUED or SUPERSEDED, or let the build wait for its forerunner',
  link: 'https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html#concepts-how-it-works-executions',
  *check({ builds, pipelines }): Iterable<Found> {
    for (const { project } of builds.filter((build) => deployedBy(build).size > 0)) {
      if (project?.webhook && project.concurrentBuildLimit !== undefined) {
        yield {
          level: 'warning',
          place: project.resource.place,
          message: `${project.name} deploys, and has a concurrentBuildLimit of ${project.concurrentBuildLimit}: a push while so many builds run starts none, and is lost`,
          awsError: 'AccountLimitExceededException: Cannot have more than … builds in queue',
          fix: 'take ConcurrentBuildLimit away, and let the build wait for its forerunner, or a pipeline in mode QUEUED or SUPERSEDED deploy',
        };
      }
    }
    for (const { resource, actions } of pipelines) {
      const deploys = actions.some(({ provider, project }) => {
        return (
          provider === 'CloudFormation' ||
          builds.some((build) => build.project && build.project === project && deployedBy(build).size > 0)
        );
      });
      if (deploys && resource.properties.ExecutionMode === 'PARALLEL') {
        yield {
          level: 'warning',
          place: resource.place,
          message:
            'the pipeline deploys, and its executions run in PARALLEL: two pushes update one stack at a time',
          fix: 'ExecutionMode: QUEUED, or SUPERSEDED',
        };
      }
    }
    for (const [i, build] of builds.entries()) {
      for (const other of builds.slice(i + 1)) {
        const { project } = other;
        if (!project || !build.project || build.project === project || !startTogether(build.project, project))
          continue;
        const stack = [...deployedBy(build)].find((name) => deployedBy(other).has(name));
        if (stack === undefined) continue;
        yield {
          level: 'warning',
          place: project.resource.place,
          message: `one push starts ${build.project.name} and ${project.name}, and both deploy ${stack}`,
        };
      }
    }
  },
};

/** Names of stacks, as far as they are literal. */
function deployedBy({ commands }: Build): Set<string> {
  const names = commands.filter(isDeployment).flatMap((command) => {
    const cdk = cdkCall(command);
    if (!cdk) return options(command, '--stack-name');
    return cdk.stacks.length ? cdk.stacks : ['*'];
  });
  return new Set(names.filter((name) => isLiteral(name)));
}

/** Whether a push that starts the one always starts the other. */
function startTogether(one: Project, other: Project): boolean {
  if (!one.webhook || !other.webhook || one.source.location !== other.source.location) return false;
  const groups = (project: Project): string => JSON.stringify(project.webhook?.filterGroups);
  return groups(one) === groups(other) && /"PUSH|^\[\]$/.test(groups(one));
}

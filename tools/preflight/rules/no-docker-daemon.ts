import type { Build } from '../model/build';
import { cdkCall, selects } from '../model/cdk-call';
import { type Command, positionals } from '../model/command';
import type { Model } from '../model/model';
import { calledBy } from '../model/resources';
import type { Found, Rule } from '../rule';

/** Of docker's verbs, those that need its daemon. */
const DAEMON = [
  'build',
  'run',
  'push',
  'pull',
  'tag',
  'save',
  'load',
  'images',
  'ps',
  'info',
  'exec',
  'compose',
  'create',
];

export const noDockerDaemon: Rule = {
  id: 'F35',
  name: 'no-docker-daemon',
  title: 'Docker does not run in this build',
  awsError:
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
  cause: "the image starts Docker's daemon, which can only run in privileged mode",
  fix: 'set PrivilegedMode: true in the environment of the project (privileged: true in the CDK; dockerEnabledForSynth for a CDK pipeline)',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/troubleshooting.html',
  *check(model) {
    for (const build of model.builds) {
      const found = firstUse(build, model);
      if (found) yield found;
    }
  },
};

function firstUse(build: Build, model: Model): Found | undefined {
  const { project, commands, buildspec } = build;
  if (!project || project.environment.privileged || hasDaemonElsewhere(build)) return undefined;
  const { type } = project.environment;
  const isLambda = type.endsWith('_LAMBDA_CONTAINER');
  // Windows has no privileged mode, and a daemon of its own.
  if (!isLambda && !/^(LINUX|ARM)_(GPU_)?(CONTAINER|EC2)$/.test(type)) return undefined;
  for (const command of commands) {
    // A daemon that the build starts itself, without root or on another machine.
    if (/dockerd|podman|buildah|kaniko|DOCKER_HOST/.test(command.text)) return undefined;
    const use = useOf(command, model);
    if (use === undefined) continue;
    const always = !command.conditional && command.ignored === undefined;
    // Those that AWS made for Docker once gave their builds a daemon unasked; projects that are made now are refused.
    const isForDocker = project.environment.image.startsWith('aws/codebuild/docker:');
    return {
      level: always && use.certain && !type.endsWith('EC2') && !isForDocker ? 'error' : 'warning',
      awsError: isForDocker
        ? 'InvalidInputException: PrivilegedMode has to be set for projects with AWS CodeBuild Docker curated images'
        : undefined,
      place: command.place,
      message: `${use.what} needs Docker, and ${calledBy(project)} (${buildspec.place.file}) ${isLambda ? `builds on ${type}, which has none` : 'is not privileged'}`,
      fix: isLambda ? 'build on LINUX_CONTAINER or ARM_CONTAINER, with PrivilegedMode: true' : undefined,
    };
  }
  return undefined;
}

function useOf(command: Command, model: Model): { what: string; certain: boolean } | undefined {
  const [verb = '', second = ''] = positionals(command);
  if (command.name === 'docker-compose') return { what: 'docker-compose', certain: true };
  if (command.name === 'docker') {
    const isUse =
      DAEMON.includes(verb) || (verb === 'buildx' && ['build', 'bake', 'create'].includes(second));
    return isUse
      ? { what: `docker ${verb === 'buildx' ? `buildx ${second}` : verb}`, certain: true }
      : undefined;
  }
  const call = cdkCall(command);
  if (!call || !['deploy', 'publish-assets'].includes(call.action)) return undefined;
  const withImages = model.stacks.filter(({ assets }) => assets.some(({ kind }) => kind === 'docker'));
  const meant = withImages.find(
    (stack) => selects(call, stack.path ?? stack.name, model.stacks.length) === true,
  );
  return meant && { what: `cdk ${call.action} of ${meant.name}, which builds an image,`, certain: false };
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/sample-docker-server.html */
function hasDaemonElsewhere({ project, buildspec }: Build): boolean {
  const environment = project?.resource.properties.Environment;
  const names = [
    ...(project?.environment.variables ?? []).map(({ name }) => name),
    ...Object.keys(buildspec.content.variables),
  ];
  return (
    names.includes('DOCKER_HOST') ||
    (typeof environment === 'object' && environment !== null && 'DockerServer' in environment)
  );
}

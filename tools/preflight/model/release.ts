import { cdkCall } from './cdk-call';
import { type Command, option, options, positionals } from './command';

/** What a command puts out of the build, that others see: images into a registry, or a deployment. */
export interface Release {
  readonly kind: 'push' | 'deploy';
  /** In a few words, e.g. `docker push`. */
  readonly what: string;
}

/** Operations of the AWS CLI that change what runs, by service. */
const DEPLOYING = new Map(
  Object.entries({
    cloudformation: ['deploy', 'create-stack', 'update-stack', 'execute-change-set'],
    ecs: ['update-service', 'create-service', 'run-task', 'register-task-definition', 'create-deployment'],
    lambda: ['update-function-code', 'publish-version', 'update-alias', 'create-function'],
    deploy: ['create-deployment'],
    elasticbeanstalk: ['update-environment', 'create-application-version'],
    amplify: ['start-deployment', 'start-job'],
    cloudfront: ['create-invalidation'],
    ecr: ['put-image'],
    apprunner: ['start-deployment', 'update-service'],
    codepipeline: ['start-pipeline-execution'],
  }),
);

/** Of other tools: the words that a deployment begins with. */
const TOOLS: readonly (readonly [program: string, verb: RegExp])[] = [
  ['sam', /^deploy$/],
  ['serverless', /^deploy$/],
  ['sls', /^deploy$/],
  ['sst', /^deploy$/],
  ['copilot', /^deploy$/],
  ['amplify', /^p(?:ublish|ush)$/],
  ['terraform', /^apply$/],
  ['terragrunt', /^apply$/],
  ['tofu', /^apply$/],
  ['pulumi', /^up$/],
  ['kubectl', /^(?:apply|rollout|set|replace)$/],
  ['helm', /^(?:upgrade|install)$/],
  ['eb', /^deploy$/],
  ['npm', /^publish$/],
  ['twine', /^upload$/],
];

/** Undefined where it releases nothing. */
export function releaseOf(command: Command): Release | undefined {
  const { name } = command;
  const [first = '', second = ''] = positionals(command);
  if (cdkCall(command)?.action === 'deploy') return { kind: 'deploy', what: 'cdk deploy' };
  if (pushedBy(command)) return { kind: 'push', what: name === 'docker' ? 'docker push' : `${name} push` };
  if (name === 'aws') {
    if (DEPLOYING.get(first)?.includes(second)) return { kind: 'deploy', what: `aws ${first} ${second}` };
    const target = positionals(command).at(-1) ?? '';
    const uploads = first === 's3' && (second === 'sync' || second === 'cp') && target.startsWith('s3://');
    return uploads ? { kind: 'deploy', what: `aws s3 ${second}` } : undefined;
  }
  const isTool = TOOLS.some(([program, verb]) => program === name && verb.test(first));
  return isTool ? { kind: 'deploy', what: `${name} ${first}` } : undefined;
}

/** The images that a command pushes, as written; undefined where it pushes none. */
export function pushedBy(command: Command): readonly string[] | undefined {
  if (!['docker', 'podman', 'buildah', 'docker-compose', 'crane', 'skopeo'].includes(command.name))
    return undefined;
  const [verb, ...rest] = positionals(command);
  if (verb === 'push') return rest;
  if (verb === 'image' && rest[0] === 'push') return rest.slice(1);
  if (verb === 'compose' && rest.includes('push')) return [];
  const builds = verb === 'build' || (verb === 'buildx' && (rest[0] === 'build' || rest[0] === 'bake'));
  return builds && option(command, '--push') !== undefined ? options(command, '-t', '--tag') : undefined;
}

/** One way in which a build or a deployment fails: how to recognise it in what AWS and its tools print, and what to do. */
export interface FailureMode {
  readonly id: `F${number}`;
  readonly title: string;
  /** Found in a line of the log, or in the context of a phase: `CODE: message`. */
  readonly pattern: RegExp;
  /** `{name}` stands for a named group of the pattern, `{name|what}` says what to take where that group is absent. */
  readonly cause: string;
  readonly fix: string;
  readonly link: string;
  /** A line as AWS or its tools print it. */
  readonly example: string;
  /** It says that something failed but not what: told only where nothing else is found. */
  readonly general?: true;
}

const CODEBUILD = 'https://docs.aws.amazon.com/codebuild/latest/userguide';
const ECR = 'https://docs.aws.amazon.com/AmazonECR/latest/userguide';
const ECS = 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide';
const CLOUDFORMATION = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide';
const CDK = 'https://docs.aws.amazon.com/cdk/v2/guide';

/**
 * What this pipeline's builds fail on, as the simulator's faults show it. The more telling entry comes first: in one line, the
 * first that matches counts.
 */
export const FAILURES: readonly FailureMode[] = [
  {
    id: 'F34',
    title: 'A parameter is missing',
    pattern: /parameter does not exist: (?<names>.+)/i,
    cause: 'SSM Parameter Store has no {names} in this account and region',
    fix: 'create it (aws ssm put-parameter), or correct the name under env/parameter-store or in the project',
    link: `${CODEBUILD}/troubleshooting.html`,
    example: 'Decrypted Variables Error: parameter does not exist: /mangoo/api-key',
  },
  {
    id: 'F37',
    title: 'The disk is full',
    pattern: /no space left on device|ENOSPC/i,
    cause: 'the disk of the build environment is full',
    fix: 'choose a larger build.computeType (its disk grows with it), and make the images and what the build keeps smaller',
    link: `${CODEBUILD}/build-env-ref-compute-types.html`,
    example: 'write /var/lib/docker/tmp/GetImageBlob: no space left on device',
  },
  {
    id: 'F39',
    title: 'The build timed out',
    pattern: /BUILD_TIMED_OUT|build has timed out/i,
    cause: "the project's timeout came before the build's end: something hangs, waits for input, or is slow",
    fix: 'look at which command ran last; raise build.timeoutMinutes only when it was merely slow',
    link: `${CODEBUILD}/troubleshooting.html`,
    example: 'BUILD_TIMED_OUT: Build has timed out.',
  },
  {
    id: 'F44',
    title: "Docker Hub's pull limit",
    pattern: /toomanyrequests: You have reached your (?:unauthenticated )?pull rate limit/i,
    cause: 'images are pulled from Docker Hub without a login, and the address is shared with other accounts',
    fix: 'take the base images from public.ecr.aws, or through a pull-through cache rule of ECR',
    link: `${ECR}/pull-through-cache.html`,
    example:
      'toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading',
  },
  {
    id: 'F52',
    title: 'A repository is missing',
    pattern: /the repository with name '(?<repository>[^']+)' does not exist/i,
    cause: 'ECR has no repository {repository} in this account and region',
    fix: "deploy the pipeline's stack, which makes it, or correct images[].repository of the configuration",
    link: `${ECR}/common-errors-docker.html`,
    example:
      "name unknown: The repository with name 'mangoo-backend' does not exist in the registry with id '123456789012'",
  },
  {
    id: 'F53',
    title: 'An image tag exists already',
    pattern:
      /image tag '(?<tag>[^']+)' already exists in the '(?<repository>[^']+)' repository and cannot be overwritten/i,
    cause: 'tags of {repository} are immutable, and {tag} is another image there already',
    fix: 'push a new commit, or start the build with another IMAGE_TAG; delete the tag only when nothing runs it',
    link: `${ECR}/image-tag-mutability.html`,
    example:
      "tag invalid: The image tag 'v1' already exists in the 'mangoo-backend' repository and cannot be overwritten because the tag is immutable.",
  },
  {
    id: 'F86',
    title: 'ECR throttles',
    pattern: /toomanyrequests: rate exceeded|ThrottlingException\).*rate exceeded/i,
    cause: 'ECR got more requests than it allows at a time in this account and region',
    fix: 'start the build again (aws codebuild retry-build); where it comes often, let fewer builds push at once, or have the quota raised',
    link: `${ECR}/common-errors.html`,
    example: 'toomanyrequests: Rate exceeded',
  },
  {
    id: 'F87',
    title: 'Docker is not logged in to ECR',
    pattern: /your authorization token has expired|no basic auth credentials/i,
    cause: 'docker has no valid login for the registry: one holds for 12 hours, and for one registry only',
    fix: 'look at ci/login.sh in PRE_BUILD, and that account and region are those of the repository',
    link: `${ECR}/common-errors-docker.html`,
    example: 'denied: Your authorization token has expired. Reauthenticate and try again.',
  },
  {
    id: 'F88',
    title: 'Credentials have expired',
    pattern:
      /\b(?:ExpiredToken(?:Exception)?|RequestExpired)\b|security token included in the request is expired/,
    cause: 'the temporary credentials that the call was made with have run out',
    fix: 'let tools take the credentials of the build themselves: copied into variables, or of a role that was assumed long ago, they end after an hour',
    link: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html',
    example:
      'An error occurred (ExpiredTokenException) when calling the BatchGetImage operation: The security token included in the request is expired',
  },
  {
    id: 'F59',
    title: "CDK's roles cannot be assumed",
    pattern:
      /could not be used to assume '(?<role>[^']+)'|not authorized to perform: sts:AssumeRole on resource: (?<resource>\S+)/,
    cause: 'the build role may not assume {role}{resource}, or that role does not trust it',
    fix: 'deploy the pipeline and bootstrap with the same qualifier; sts:AssumeRole must be allowed on the roles of that bootstrap',
    link: `${CDK}/bootstrapping-env.html`,
    example:
      "current credentials could not be used to assume 'arn:aws:iam::123456789012:role/cdk-mangoo-deploy-role-123456789012-us-east-1', but are for the right account. Proceeding anyway.",
  },
  {
    id: 'F60',
    title: 'The environment is not bootstrapped',
    pattern: /SSM parameter (?<parameter>\S+) not found\. Has the environment been bootstrapped/,
    cause: 'there is no bootstrap with this qualifier: {parameter} is not there',
    fix: "run the command that the pipeline's stack prints as its output BootstrapCommand",
    link: `${CDK}/bootstrapping-env.html`,
    example:
      "SSM parameter /cdk-bootstrap/mangoo/version not found. Has the environment been bootstrapped? Please run 'cdk bootstrap'",
  },
  {
    id: 'F89',
    title: 'A permission is missing',
    pattern:
      /(?:(?<who>arn:\S+) is )?not authorized to perform: (?<action>[a-z0-9-]+:\w+)(?: on resource: (?<resource>\S+))?/,
    cause: 'IAM does not let {who|the caller} do {action} on {resource|what it asks for}',
    fix: "for the build role, add {action} in lib/build-role.ts; for a role of CDK's bootstrap, in the policies of mangoo-deploy (lib/deploy-policies.ts); then deploy the pipeline's stack",
    link: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html',
    example:
      'An error occurred (AccessDeniedException) when calling the PutImage operation: User: arn:aws:sts::123456789012:assumed-role/mangoo-build-deploy-role/AWSCodeBuild-1 is not authorized to perform: ecr:PutImage on resource: arn:aws:ecr:us-east-1:123456789012:repository/mangoo-backend because no identity-based policy allows the ecr:PutImage action',
  },
  {
    id: 'F66',
    title: 'The stack is busy',
    pattern:
      /is in (?<status>\w+_IN_PROGRESS) state and can ?not be (?:updated|executed)|\bInvalidChangeSetStatus\b/,
    cause:
      'another operation runs on the stack ({status|it began after the change set was made}): a second build, or somebody by hand',
    fix: 'wait for its end (aws cloudformation describe-stacks), then start the build again (aws codebuild retry-build)',
    link: `${CLOUDFORMATION}/troubleshooting.html`,
    example:
      'Stack:arn:aws:cloudformation:us-east-1:123456789012:stack/MangooStack/1 is in UPDATE_IN_PROGRESS state and can not be updated.',
  },
  {
    id: 'F67',
    title: 'The stack cannot be updated',
    pattern: /is in (?<status>\w*ROLLBACK_(?:COMPLETE|FAILED)) state and can not be updated/,
    cause: 'an earlier deployment has left the stack in {status}',
    fix: 'after ROLLBACK_COMPLETE delete the stack; after UPDATE_ROLLBACK_FAILED run aws cloudformation continue-update-rollback; then start the build again',
    link: `${CLOUDFORMATION}/troubleshooting.html`,
    example:
      'Stack:arn:aws:cloudformation:us-east-1:123456789012:stack/MangooStack/1 is in ROLLBACK_COMPLETE state and can not be updated.',
  },
  {
    id: 'F77',
    title: 'The circuit breaker of ECS rolled back',
    pattern: /ECS Deployment Circuit Breaker was triggered/i,
    cause: 'the new tasks stopped or never became healthy; ECS went back to the old ones',
    fix: 'read why they stopped (aws ecs describe-tasks, and the log of the container), correct it, push again',
    link: `${ECS}/deployment-circuit-breaker.html`,
    example: `Resource handler returned message: "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'." (RequestToken: 1, HandlerErrorCode: GeneralServiceException)`,
  },
  {
    id: 'F79',
    title: 'The service runs another image',
    pattern: /(?<service>\S+) does not run sha256:\w+: ECS went back|the rollout of (?<rollout>\S+) failed/,
    cause: 'the stack was deployed, but ECS did not keep the new tasks of {service}{rollout}',
    fix: 'read why they stopped (the events above in the log, and the log of the container), correct it, push again',
    link: `${ECS}/deployment-circuit-breaker.html`,
    example: 'ERROR: the rollout of mangoo-backend-service failed; its last events are above',
  },
  {
    id: 'F90',
    title: 'A service does not become steady',
    pattern:
      /after (?<seconds>\d+) s these services are not steady: (?<services>.+)|Exceeded attempts to wait/,
    cause:
      'the tasks of {services|a service} stop again and again, or never become healthy, and no circuit breaker ends that',
    fix: 'read why they stop (the events above in the log, and the log of the container); the new release is deployed, so push a correction or start a build of the last good commit',
    link: `${ECS}/troubleshooting.html`,
    example: 'ERROR: after 1200 s these services are not steady: mangoo-backend-service',
  },
  {
    id: 'F91',
    title: 'An image cannot be pulled',
    pattern: /CannotPullContainerError|CannotPullImageManifestError/,
    cause: 'ECS cannot pull the image of the new tasks',
    fix: 'look whether the image is there, and at the permissions of the execution role and the way to ECR (NAT or endpoints)',
    link: `${ECS}/task_cannot_pull_image.html`,
    example: 'CannotPullContainerError: pull image manifest has been retried 7 time(s): image not found',
  },
  {
    id: 'F92',
    title: 'An image does not build',
    pattern: /failed to solve: (?<reason>.+)/,
    cause: 'docker build fails: {reason}',
    fix: 'correct the Dockerfile or what it copies; files that git or .dockerignore leaves out are not in the build',
    link: 'https://docs.docker.com/reference/dockerfile/',
    example: 'ERROR: failed to build: failed to solve: "/dist": not found',
  },
  {
    id: 'F93',
    title: 'The build was stopped',
    pattern: /\bState: STOPPED\b/,
    cause: 'somebody stopped the build (aws codebuild stop-build, or the console)',
    fix: 'start it again (aws codebuild retry-build); a stack that was changing goes on by itself',
    link: `${CODEBUILD}/stop-build.html`,
    example: 'Phase complete: BUILD State: STOPPED',
  },
  {
    id: 'F94',
    title: 'A resource failed and the stack was rolled back',
    pattern:
      /\| (?:CREATE|UPDATE)_FAILED +\| (?<type>\w+::\S+) +\| (?<id>\S+) (?<reason>.*)|failed to deploy: \w*ROLLBACK_COMPLETE/,
    cause:
      '{type|a resource} {id|of the stack} could not be deployed, so CloudFormation put the stack back: {reason|its events say why}',
    fix: 'correct the resource in cdk/, or what the reason names, and push again',
    link: `${CLOUDFORMATION}/troubleshooting.html`,
    example:
      'MangooStack | 3/6 | 10:00:00 AM | UPDATE_FAILED | AWS::ECS::Service | BackendService Resource handler returned message: "Invalid request"',
    general: true,
  },
  {
    id: 'F95',
    title: 'A command failed',
    pattern:
      /COMMAND_EXECUTION_ERROR.*Error while executing command: (?<command>.+)\. Reason: exit status (?<status>\d+)/,
    cause: '`{command}` ended with exit status {status}',
    fix: 'read what it printed: the log, above "Command did not exit successfully"; it runs in a checkout of the commit, too',
    link: `${CODEBUILD}/troubleshooting.html`,
    example: 'COMMAND_EXECUTION_ERROR: Error while executing command: ci/test.sh. Reason: exit status 1',
    general: true,
  },
];

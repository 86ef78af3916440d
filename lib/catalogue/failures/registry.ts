import type { FailureMode } from './failure-mode';

const ECR = 'https://docs.aws.amazon.com/AmazonECR/latest/userguide';
const ECS = 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide';

/** Images and where they lie. */
export const REGISTRY_FAILURES: readonly FailureMode[] = [
  {
    id: 'F44',
    title: "Docker Hub's pull limit",
    pattern: /toomanyrequests: You have reached your (?:unauthenticated )?pull rate limit/i,
    cause: 'images are pulled from Docker Hub without a login, and the address is shared with other accounts',
    fix: 'take the base images from public.ecr.aws; or through a pull-through cache rule of ECR, whose repositories need a policy that lets the build role pull',
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
    id: 'F56',
    title: 'An image is of another architecture',
    pattern: /exec format error/i,
    cause: 'the image, or a program in it, is built for another architecture than the machine that runs it',
    fix: 'build it for the architecture of the task (--platform, or another build.image), or set cpuArchitecture of the task definition',
    link: `${ECS}/ecs-arm64.html`,
    example: 'exec /usr/local/bin/docker-entrypoint.sh: exec format error',
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
    id: 'F92',
    title: 'An image does not build',
    pattern: /failed to solve: (?<reason>.+)/,
    cause: 'docker build fails: {reason}',
    fix: 'correct the Dockerfile or what it copies; files that git or .dockerignore leaves out are not in the build',
    link: 'https://docs.docker.com/reference/dockerfile/',
    example: 'ERROR: failed to build: failed to solve: "/dist": not found',
  },
  {
    id: 'F99',
    title: 'An image is vulnerable',
    pattern:
      /^ERROR: (?<image>\S+) is not deployed: (?<finding>\S+ \((?:CRITICAL|HIGH)\)) in (?<packages>.+?)(?:: https?:|$)/,
    cause:
      "the registry's scan of {image} found {finding} in {packages}; imageScan of the configuration refuses it",
    fix: 'take the base image or the package that has the fix; where there is none yet, allow it in imageScan.allowed with a reason and a last day',
    link: `${ECR}/image-scanning.html`,
    example:
      'ERROR: backend is not deployed: CVE-2026-1 (HIGH) in openssl 3.0.11-1: https://security.example/CVE-2026-1',
  },
  {
    id: 'F100',
    title: 'An image is not scanned',
    pattern:
      /^ERROR: (?<image>\S+) is not deployed: (?:its scan ended as (?<status>\w+)|after (?<seconds>\d+) s its scan)/,
    cause:
      'the scan of {image} did not end well ({status|it was not over in time}), and imageScan of the configuration deploys only what was scanned',
    fix: 'look whether scan on push is on for the repository, and whether Amazon ECR scans this base image; a longer imageScan.waitSeconds waits longer',
    link: `${ECR}/image-scanning-troubleshooting.html`,
    example:
      'ERROR: backend is not deployed: after 300 s its scan is PENDING; a longer waitSeconds of imageScan waits longer',
  },
];

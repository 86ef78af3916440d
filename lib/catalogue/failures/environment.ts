import type { FailureMode } from './failure-mode';

const CODEBUILD = 'https://docs.aws.amazon.com/codebuild/latest/userguide';
const CDK = 'https://docs.aws.amazon.com/cdk/v2/guide';

/** The build and what it runs in. */
export const ENVIRONMENT_FAILURES: readonly FailureMode[] = [
  {
    id: 'F21',
    title: 'A directory is not there',
    pattern: /\bcd: (?<directory>.+?): No such file or directory/,
    cause: 'there is no {directory} where the command looks: a cd holds for the commands and phases after it',
    fix: 'begin with cd "$CODEBUILD_SRC_DIR", or put what needs another directory into ( cd … && … )',
    link: `${CODEBUILD}/build-env-ref-cmd.html`,
    example: '/codebuild/output/tmp/script.sh: line 4: cd: repo: No such file or directory',
  },
  {
    id: 'F35',
    title: 'Docker does not run',
    pattern: /Cannot connect to the Docker daemon/i,
    cause: 'no Docker daemon runs in the build: the project is not privileged',
    fix: 'set privileged on the environment of the project',
    link: `${CODEBUILD}/troubleshooting.html`,
    example:
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
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
    id: 'F38',
    title: 'The build container died',
    pattern: /Build container found dead before completing the build/i,
    cause: 'the container of the build went, mostly because its memory was full',
    fix: 'choose a larger build.computeType, or let fewer things run at once',
    link: `${CODEBUILD}/troubleshooting.html`,
    example:
      'Build container found dead before completing the build. Build container died because it was out of memory, or the Docker image is not supported. ErrorCode: 500',
  },
  {
    id: 'F39',
    title: 'The build timed out',
    pattern: /BUILD_TIMED_OUT|build has timed out|\bState: TIMED_OUT\b/i,
    cause: "the project's timeout came before the build's end: something hangs, waits for input, or is slow",
    fix: 'look at which command ran last; raise build.timeoutMinutes only when it was merely slow',
    link: `${CODEBUILD}/troubleshooting.html`,
    example: 'BUILD_TIMED_OUT: Build has timed out.',
  },
  {
    id: 'F114',
    title: 'The variables are too large together',
    pattern: /CodeBuild is experiencing an issue/i,
    cause:
      "something at CodeBuild failed; with a build that never begins, it is mostly that the names and values of the project's variables have more than some 5,500 characters together",
    fix: 'run npm run preflight, which counts them; else start the build again (aws codebuild retry-build)',
    link: `${CODEBUILD}/troubleshooting.html`,
    example: 'INTERNAL_SERVICE_ERROR: CodeBuild is experiencing an issue',
  },
  {
    id: 'F93',
    title: 'The build was stopped',
    pattern: /\bState: STOPPED\b/,
    cause:
      'somebody stopped the build (aws codebuild stop-build, or the console); or it made way for a newer one, which its last line says',
    fix: 'start it again (aws codebuild retry-build); a stack that was changing goes on by itself',
    link: `${CODEBUILD}/stop-build.html`,
    example: 'Phase complete: BUILD State: STOPPED',
  },
  {
    id: 'F110',
    title: 'The commit is older than what is live',
    pattern: /this commit is older than what is live \((?<live>[0-9a-f]+), of release (?<release>\S+)\)/,
    cause:
      'release {release} deployed {live}, which contains this commit already; a build of it would go back',
    fix: 'to go back on purpose, run npm run rollback, or start the build with ROLLBACK=1; otherwise build the newer commit',
    link: `${CODEBUILD}/run-build-cli.html`,
    example:
      'ERROR: this commit is older than what is live (0a1b2c3d4e5f60718293a4b5c6d7e8f901234567, of release 12): nothing is deployed.',
  },
  {
    id: 'F40',
    title: 'The account may not run more builds',
    pattern: /Cannot have more than (?<limit>\d+) (?:builds in queue|running builds)/i,
    cause:
      'at most {limit} builds may run or wait at once, by the quota for this compute type or by the limit of the project',
    fix: 'wait for the others; a new account has to have its quota raised (Service Quotas, AWS CodeBuild), or a smaller build.computeType may be allowed',
    link: `${CODEBUILD}/limits.html`,
    example: 'AccountLimitExceededException: Cannot have more than 0 builds in queue for the account',
  },
  {
    id: 'F41',
    title: 'npm ci has no lock file that fits',
    pattern:
      /npm ci` command can only install with an existing package-lock\.json|`npm ci` can only install packages when your package\.json and/,
    cause: 'package-lock.json is not in the commit, or does not fit package.json',
    fix: 'run npm install, and commit package-lock.json; git check-ignore -v package-lock.json says whether git leaves it out',
    link: 'https://docs.npmjs.com/cli/commands/npm-ci',
    example:
      'npm error `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync.',
  },
  {
    id: 'F43',
    title: 'A script is not executable',
    pattern: /: line \d+: (?<file>\S+): Permission denied/,
    cause: 'git has {file} without the right to be executed',
    fix: 'run git update-index --chmod=+x on it, and commit',
    link: 'https://git-scm.com/docs/git-update-index',
    example: '/codebuild/output/tmp/script.sh: line 4: ci/push.sh: Permission denied',
  },
  {
    id: 'F45',
    title: 'There are no AWS credentials',
    pattern: /Unable to locate credentials/i,
    cause:
      'a call to AWS was made where the credentials of the build are not passed on, mostly within docker build or docker run',
    fix: 'make the call in the build itself, or pass AWS_DEFAULT_REGION and AWS_CONTAINER_CREDENTIALS_RELATIVE_URI to the container',
    link: `${CODEBUILD}/troubleshooting.html`,
    example: 'Unable to locate credentials. You can configure credentials by running "aws configure".',
  },
  {
    id: 'F47',
    title: 'The Docker driver exports no cache',
    pattern: /Cache export is not supported for the docker driver/i,
    cause: "docker build exports its cache only with another driver than docker's own",
    fix: 'run docker buildx create --use first, or leave --cache-to out',
    link: 'https://docs.docker.com/build/builders/drivers/',
    example: 'ERROR: Cache export is not supported for the docker driver.',
  },
  {
    id: 'F48',
    title: 'The CDK CLI is older than the library',
    pattern:
      /This CDK CLI is not compatible with the CDK library|A newer version of the CDK CLI is necessary/,
    cause: 'the aws-cdk of the application cannot read what its aws-cdk-lib writes',
    fix: 'raise aws-cdk in cdk/package.json (npm install --save-dev aws-cdk@2), and commit the lock file',
    link: `${CDK}/versioning.html`,
    example:
      'This CDK CLI is not compatible with the CDK library used by your application. Please upgrade the CLI to the latest version.',
  },
  {
    id: 'F96',
    title: 'A command is not there',
    pattern: /: (?:line )?\d+: (?<name>\S+): (?:command )?not found/,
    cause: 'the build environment has no {name}',
    fix: 'install it in ci/install.sh, or correct its name; what npm installs is run by npx or npm run',
    link: `${CODEBUILD}/available-runtimes.html`,
    example: '/codebuild/output/tmp/script.sh: line 4: pnpm: command not found',
  },
];

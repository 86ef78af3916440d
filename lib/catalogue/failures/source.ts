import type { FailureMode } from './failure-mode';

const CODEBUILD = 'https://docs.aws.amazon.com/codebuild/latest/userguide';

/** Before a command runs, and after the last one: the source, the buildspec, what is stored. */
export const SOURCE_FAILURES: readonly FailureMode[] = [
  {
    id: 'F01',
    title: 'CodeBuild has no token for GitHub',
    pattern:
      /(?:Access token not found in CodeBuild project|Could not find access token) for server type (?<type>\w+)/i,
    cause: 'this account and region have no source credential of type {type}',
    fix: "import one (aws codebuild import-source-credentials) or name a connection in github.connectionArn; then deploy the pipeline's stack again",
    link: `${CODEBUILD}/access-tokens.html`,
    example:
      'Failed to call CreateWebhook, reason: Access token not found in CodeBuild project for server type github',
  },
  {
    id: 'F02',
    title: 'The webhook cannot be made',
    pattern: /Failed to create webhook\. Repository not found or permission denied/i,
    cause: 'the repository is another one, or the token may not make webhooks in it',
    fix: 'correct github.owner and github.repo; give the token the scope admin:repo_hook, or the connection access to the repository',
    link: `${CODEBUILD}/access-tokens.html`,
    example: 'OAuthProviderException: Failed to create webhook. Repository not found or permission denied.',
  },
  {
    id: 'F03',
    title: 'The connection cannot be used',
    pattern: /Access denied to connection (?<connection>arn:[^\s\"']+)/i,
    cause: 'the build role may not use {connection}, or nobody has completed the connection in the console',
    fix: 'look whether the connection is AVAILABLE, and that the build role has codeconnections:GetConnection and codeconnections:GetConnectionToken on it',
    link: `${CODEBUILD}/connections-github-app.html`,
    example: 'Access denied to connection arn:aws:codeconnections:us-east-1:123456789012:connection/1a2b3c4d',
  },
  {
    id: 'F12',
    title: 'A command of the buildspec is not a string',
    pattern: /Expected Commands\[(?<index>\d+)\] to be of string type(?:.*? at line (?<line>\d+))?/,
    cause:
      'command {index} (counted from 0) is no text for YAML, near line {line|that the message names}: a colon and a space within it make it a map',
    fix: 'put the command between quotes',
    link: `${CODEBUILD}/build-spec-ref.html`,
    example:
      'YAML_FILE_ERROR: Expected Commands[2] to be of string type: found subkeys instead at line 40, value of the key tag on line 39 might be empty',
  },
  {
    id: 'F13',
    title: 'The buildspec is no YAML',
    pattern: /did not find expected (?<expected>.+?) at line (?<line>\d+)/,
    cause: 'at line {line} of the buildspec, YAML expects {expected}',
    fix: 'correct the brackets, quotes or indentation there',
    link: `${CODEBUILD}/build-spec-ref.html`,
    example: "YAML_FILE_ERROR: did not find expected ',' or ']' at line 19",
  },
  {
    id: 'F14',
    title: 'The buildspec has a tab',
    pattern: /found character that cannot start any token(?: at line (?<line>\d+))?/,
    cause:
      'line {line|that the message names} of the buildspec begins with a tab or another character that YAML does not allow there',
    fix: 'indent with spaces',
    link: `${CODEBUILD}/build-spec-ref.html`,
    example: 'YAML_FILE_ERROR: found character that cannot start any token at line 3',
  },
  {
    id: 'F15',
    title: 'A section of the buildspec is empty',
    pattern: /Expected (?<section>\w+) to be non-empty/,
    cause: '{section} of the buildspec has no entry: perhaps all of them are commented out',
    fix: 'comment the key itself out, too',
    link: `${CODEBUILD}/build-spec-ref.html`,
    example: 'YAML_FILE_ERROR: Expected ParameterStore to be non-empty',
  },
  {
    id: 'F16',
    title: 'A runtime is unknown',
    pattern:
      /Unknown runtime named '(?<runtime>[^']+)'(?:\. This build image has the following runtimes: (?<runtimes>.+))?/,
    cause: 'the build image has no runtime {runtime}; it has {runtimes|those of the table that is linked}',
    fix: 'remove {runtime} from runtime-versions: docker, for one, comes with the image',
    link: `${CODEBUILD}/available-runtimes.html`,
    example:
      "YAML_FILE_ERROR: Unknown runtime named 'docker'. This build image has the following runtimes: dotnet, golang, java, nodejs, php, python, ruby",
  },
  {
    id: 'F17',
    title: 'A runtime version is unknown',
    pattern:
      /Unknown runtime version named '(?<version>[^']+)' of (?<runtime>\w+)(?:\. This build image has the following versions: (?<versions>.+))?/,
    cause: 'the build image has no {runtime} {version}; it has {versions|those of the table that is linked}',
    fix: 'choose one of them in build.nodejs or build.python of the configuration, or another build.image',
    link: `${CODEBUILD}/available-runtimes.html`,
    example:
      "YAML_FILE_ERROR: Unknown runtime version named '18' of docker. This build image has the following versions: 20",
  },
  {
    id: 'F18',
    title: 'No runtime is chosen',
    pattern: /This build image requires selecting at least one runtime version/,
    cause: 'this build image wants runtime-versions in the phase install',
    fix: 'name a runtime there, or take a newer build.image',
    link: `${CODEBUILD}/troubleshooting.html`,
    example: 'YAML_FILE_ERROR: This build image requires selecting at least one runtime version.',
  },
  {
    id: 'F30',
    title: 'There is no buildspec',
    pattern: /YAML file does not exist|stat (?<file>\S+\.ya?ml): no such file or directory/,
    cause: '{file|the buildspec} is not in this commit',
    fix: 'commit it; git check-ignore -v says whether git leaves it out',
    link: `${CODEBUILD}/build-spec-ref.html`,
    example:
      'YAML_FILE_ERROR: stat /codebuild/output/src957259195/src/buildspec.yml: no such file or directory',
  },
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
    id: 'F31',
    title: 'There is nothing to store',
    pattern: /no matching (?:artifact|base directory) paths? found/,
    cause: 'what the buildspec names under artifacts is not there at the end of the build',
    fix: 'look at artifacts.base-directory and files: they are relative to the root of the source, not to where a command has gone',
    link: `${CODEBUILD}/build-spec-ref.html`,
    example: 'CLIENT_ERROR: no matching artifact paths found',
  },
  {
    id: 'F33',
    title: 'A test report is missing',
    pattern: /\[(?<group>[^\s[\]:]+): \[report files not found in build\]\]/,
    cause: 'no file of the report group {group} was written',
    fix: 'let the tests write the file that the buildspec names under reports, also when there is none to run',
    link: `${CODEBUILD}/test-reporting.html`,
    example: 'CLIENT_ERROR: [backend-tests: [report files not found in build]]',
  },
];

import type { FailureMode } from './failure-mode';

const CODEBUILD = 'https://docs.aws.amazon.com/codebuild/latest/userguide';
const CLOUDFORMATION = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide';

/** That something failed, not what. */
export const GENERAL_FAILURES: readonly FailureMode[] = [
  {
    id: 'F94',
    title: 'A resource failed and the stack was rolled back',
    pattern:
      /\| (?:CREATE|UPDATE)_FAILED +\| (?<type>\w+::\S+) +\| (?<id>\S+) (?<reason>.*)|(?:was not deployed, and is|failed to deploy:) \w*ROLLBACK_COMPLETE/,
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

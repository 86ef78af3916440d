import type { AwsRequest } from '../gateway/request';
import { AwsError } from '../gateway/request';
import type { TaskDefinition } from './ecs-tasks';
import { executionSession, type ImagePullParts, PullError, pullImage } from './image-pull';
import { unsentRequest } from './unsent-request';

/**
 * Does what ECS does with the execution role before a container runs: fetches its secrets, pulls its image, opens its log
 * stream. Secrets and stream are only judged: nothing runs that would use them.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
 *
 * @returns the image's digest
 * @throws PullError in the words of a stopped task's reason
 */
export async function startContainer(
  { executionRoleArn, taskDefinitionArn }: TaskDefinition,
  { image, secrets = [], logConfiguration }: TaskDefinition['containerDefinitions'][number],
  parts: ImagePullParts,
): Promise<string> {
  if (executionRoleArn === undefined) return pullImage(image, executionRoleArn, parts);
  const [, , , region = ''] = taskDefinitionArn.split(':');
  const session = await executionSession(executionRoleArn, region, parts);
  const ask = async (
    service: 'logs' | 'secretsmanager' | 'ssm',
    operation: string,
    input: AwsRequest['input'],
    failure: string,
  ) => {
    try {
      await parts.authorizer.authorize(unsentRequest({ session, region }, service, operation, input));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw new PullError(`ResourceInitializationError: ${failure}: ${error.code}: ${error.message}`);
    }
  };
  try {
    const unable =
      'unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve';
    for (const { valueFrom } of secrets) {
      const [secret] = /^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+/.exec(valueFrom) ?? [];
      if (secret) {
        const why = `${unable} secret from asm: service call has been retried 1 time(s): failed to fetch secret ${secret} from secrets manager`;
        await ask('secretsmanager', 'GetSecretValue', { SecretId: secret }, why);
      } else {
        const why = `${unable} secrets from ssm: service call has been retried 1 time(s)`;
        await ask('ssm', 'GetParameters', { Names: [valueFrom] }, why);
      }
    }
    const digest = await pullImage(image, executionRoleArn, parts);
    const logGroupName = logConfiguration?.options?.['awslogs-group'];
    if (logConfiguration?.logDriver === 'awslogs' && logGroupName) {
      const stream = {
        logGroupName,
        logStreamName: `${logConfiguration.options?.['awslogs-stream-prefix'] ?? 'ecs'}/task`,
      };
      const why =
        'failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream';
      await ask('logs', 'CreateLogStream', stream, why);
      await ask('logs', 'PutLogEvents', stream, why);
    }
    return digest;
  } finally {
    parts.sessions.revoke(session);
  }
}

import type { Emulated } from '../gateway/emulated';
import { AwsError } from '../gateway/request';
import { type ContainerDefinition, type TaskDefinition, TaskStopped } from './ecs-tasks';

/**
 * The secrets of a task's containers, by the containers' names. Whether the execution role may read them has been judged.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
 *
 * @throws TaskStopped for one that is not there
 */
export async function taskSecrets(
  { containerDefinitions, taskDefinitionArn }: TaskDefinition,
  emulated: Emulated,
): Promise<Record<string, Record<string, string>>> {
  const region = taskDefinitionArn.split(':')[3] ?? '';
  const found: Record<string, Record<string, string>> = {};
  for (const { name, secrets = [] } of containerDefinitions) {
    const values: Record<string, string> = {};
    for (const secret of secrets) values[secret.name] = await valueOf(secret, region, emulated);
    found[name] = values;
  }
  return found;
}

async function valueOf(
  { valueFrom }: NonNullable<ContainerDefinition['secrets']>[number],
  region: string,
  emulated: Emulated,
): Promise<string> {
  const [, SecretId, key, VersionStage, VersionId] =
    /^(arn:[^:]+:secretsmanager:(?:[^:]*:){2}secret:[^:]+)(?::([^:]*):([^:]*):([^:]*))?$/.exec(valueFrom) ??
    [];
  try {
    if (SecretId) {
      const version = { ...(VersionStage && { VersionStage }), ...(VersionId && { VersionId }) };
      const { SecretString = '' } = await emulated.call<{ SecretString?: string }>(
        { service: 'secretsmanager', region, headers: {} },
        'GetSecretValue',
        { SecretId, ...version },
      );
      return key ? memberOf(SecretString, key) : SecretString;
    }
    const name = valueFrom.replace(/^arn:[^:]+:ssm:(?:[^:]*:){2}parameter/, '');
    const { Parameters = [] } = await emulated.call<{ Parameters?: { Value: string }[] }>(
      { service: 'ssm', region, headers: {} },
      'GetParameters',
      { Names: [name], WithDecryption: true },
    );
    const [parameter] = Parameters;
    if (parameter) return parameter.Value;
    throw failed(`unable to retrieve secrets from ssm: invalid parameters: ${name}`);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw failed(
      `unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${SecretId} from secrets manager: ${error.code}: ${error.message}`,
    );
  }
}

function memberOf(text: string, key: string): string {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    values = undefined;
  }
  const value = (values as Record<string, unknown> | undefined)?.[key];
  if (value === undefined) {
    throw failed(
      `unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key ${key}`,
    );
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function failed(reason: string): TaskStopped {
  return new TaskStopped(
    `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ${reason}`,
    'TaskFailedToStart',
  );
}

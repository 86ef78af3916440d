import type { Stack } from 'aws-cdk-lib';
import type { DeployPolicies } from './deploy-policies';
import type { Environment } from './environments';

/**
 * What an administrator runs once in the account and region that an environment deploys to, which are those of `stack`.
 *
 * @param trusted the pipeline's account, where it is another
 */
export function bootstrapCommand(
  { account, region }: Stack,
  { bootstrapQualifier }: Environment,
  { arns }: DeployPolicies,
  trusted?: string,
): string {
  return [
    `npx cdk bootstrap aws://${account}/${region} --qualifier ${bootstrapQualifier}`,
    `--toolkit-stack-name CDKToolkit-${bootstrapQualifier}`,
    ...(trusted === undefined ? [] : [`--trust ${trusted}`]),
    `--cloudformation-execution-policies ${arns}`,
  ].join(' ');
}

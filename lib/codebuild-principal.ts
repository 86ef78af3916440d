import { Aws, type Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';

/**
 * CodeBuild, for the builds of one project. Without the conditions, a project of another account or of another team here could
 * use the role. The ARN is composed: the project refers to the role.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/cross-service-confused-deputy-prevention.html
 */
export function codebuildFor(stack: Stack, projectName: string): ServicePrincipal {
  return new ServicePrincipal('codebuild.amazonaws.com', {
    conditions: {
      StringEquals: {
        'aws:SourceArn': `arn:${Aws.PARTITION}:codebuild:${stack.region}:${stack.account}:project/${projectName}`,
        'aws:SourceAccount': stack.account,
      },
    },
  });
}

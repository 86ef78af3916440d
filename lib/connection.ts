import type { CfnProject, Project } from 'aws-cdk-lib/aws-codebuild';
import type { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import { allow, policy } from './statement';

/** Has a project reach its source, and report to it, by a connection; CDK's source has no property for it. */
export function connect(project: Project, connectionArn: string): void {
  const auth = { Type: 'CODECONNECTIONS', Resource: connectionArn };
  (project.node.defaultChild as CfnProject).addPropertyOverride('Source.Auth', auth);
}

/** Connections made before 2024 have the service's former name in their ARN, and its actions. */
export function connectionPolicy(connectionArn: string): PolicyDocument {
  const prefix = connectionArn.split(':')[2] ?? 'codeconnections';
  const prefixes = [...new Set(['codeconnections', prefix])];
  const actions = ['GetConnection', 'GetConnectionToken', 'UseConnection'];
  return policy(
    allow(
      prefixes.flatMap((service) => actions.map((action) => `${service}:${action}`)),
      [connectionArn],
    ),
  );
}

/**
 * What cloning takes, and what CodePipeline takes to know the commit. CDK grants it by the service's former name alone; whether
 * IAM takes that for a connection whose ARN has the new one is not documented.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/tutorials-github-gitclone.html
 */
export function cloningPolicy(connectionArn: string): PolicyDocument {
  return policy(
    allow(['codeconnections:UseConnection', 'codestar-connections:UseConnection'], [connectionArn]),
  );
}

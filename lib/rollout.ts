import { Aws, type Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { allow } from './statement';
import type { WildcardReason } from './wildcards';

/** What `ci/turn.sh` does where the application is: looks whether a stack still changes. */
export function stacksStatement({ account, region }: Stack, stacks: readonly string[]): PolicyStatement {
  return allow(
    ['cloudformation:DescribeStacks'],
    // The id that follows is another one whenever a stack is made anew.
    stacks.map((name) => `arn:${Aws.PARTITION}:cloudformation:${region}:${account}:stack/${name}/*`),
  );
}

/**
 * What `ci/verify.sh` does where the application is: looks at services and tasks, rolls what was not rolled, and tells of a rollout
 * that came to nothing what the tasks have logged (`ci/deploy.sh` does, too).
 */
export function rolloutStatements(
  { account, region }: Stack,
  cluster: string,
  services: readonly string[],
  stacks: readonly string[],
): PolicyStatement[] {
  const arn = (resource: string): string => `arn:${Aws.PARTITION}:ecs:${region}:${account}:${resource}`;
  return [
    allow(
      ['ecs:DescribeServices', 'ecs:UpdateService'],
      services.map((service) => arn(`service/${cluster}/${service}`)),
    ),
    // Both look at the cluster's tasks; the condition is the only way to name a cluster.
    allow(['ecs:DescribeTasks', 'ecs:ListTasks'], ['*'], {
      ArnEquals: { 'ecs:cluster': arn(`cluster/${cluster}`) },
    }),
    allow(
      ['cloudformation:DescribeStackResources'],
      stacks.map((name) => `arn:${Aws.PARTITION}:cloudformation:${region}:${account}:stack/${name}/*`),
    ),
    allow(
      ['logs:GetLogEvents'],
      stacks.map((name) => `arn:${Aws.PARTITION}:logs:${region}:${account}:log-group:${name}-*`),
    ),
  ];
}

/** Why `rolloutStatements` names no single log. */
export const TASK_LOGS: WildcardReason = [
  /:log-group:[^:]+-\*$/,
  "CloudFormation names the log groups of a stack after it, and ECS every task's stream.",
];

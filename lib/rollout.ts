import { Aws, type Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { allow } from './statement';

/** What `ci/turn.sh` does where the application is: looks whether a stack still changes. */
export function stacksStatement({ account, region }: Stack, stacks: readonly string[]): PolicyStatement {
  return allow(
    ['cloudformation:DescribeStacks'],
    // The id that follows is another one whenever a stack is made anew.
    stacks.map((name) => `arn:${Aws.PARTITION}:cloudformation:${region}:${account}:stack/${name}/*`),
  );
}

/** What `ci/verify.sh` does where the application is: looks at services and tasks, and rolls what was not rolled. */
export function rolloutStatements(
  { account, region }: Stack,
  cluster: string,
  services: readonly string[],
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
  ];
}

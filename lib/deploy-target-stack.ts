import { Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { bootstrapCommand } from './bootstrap-command';
import { STACK_IDS } from './build-policies';
import type { EnvironmentConfig, PipelineConfig } from './config';
import { DeployPolicies } from './deploy-policies';
import { environmentOf, pipelinePlace } from './environments';
import { repositoryArns } from './image-repositories';
import { stepNamesOf } from './names';
import { rolloutStatements, stacksStatement, TASK_LOGS } from './rollout';
import { policy } from './statement';
import { tag } from './tags';
import { acknowledgeWildcards } from './wildcards';

export interface DeployTargetStackProps extends StackProps {
  /** Validated. */
  readonly config: PipelineConfig;
  /** The one of `config.environments` that is deployed to here. */
  readonly environment: EnvironmentConfig;
}

/**
 * What an account or region needs that has an environment but not the pipeline: the limits of its deployments, and the role
 * by which a build watches the rollout. Its bootstrap, which trusts the pipeline's account, does the rest.
 */
export class DeployTargetStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { config, environment: given, ...props }: DeployTargetStackProps,
  ) {
    super(scope, id, props);
    const environment = environmentOf(config, given);
    const { names, cluster, stacks } = environment;
    const { account: pipelineAccount = Aws.ACCOUNT_ID } = pipelinePlace(config);

    const deployment = new DeployPolicies(this, 'Deploy', {
      environment,
      repositoryArns: repositoryArns(config),
    });

    const rollout = policy(
      ...rolloutStatements(
        this,
        cluster,
        config.images.map((image) => image.service),
        stacks,
      ),
      stacksStatement(this, stacks),
    );
    const role = new iam.Role(this, 'Rollout', {
      roleName: names.rolloutRole,
      description: `Builds of ${names.project} in ${pipelineAccount}: watch the rollout`,
      // A role as principal would have to exist before, and would be another if it was ever made anew.
      assumedBy: new iam.AccountPrincipal(pipelineAccount).withConditions({
        ArnEquals: {
          'aws:PrincipalArn': [
            names.role,
            ...(config.release ? [stepNamesOf('deploy', environment.name).role] : []),
          ].map((name) => `arn:${Aws.PARTITION}:iam::${pipelineAccount}:role/${name}`),
        },
      }),
      inlinePolicies: { rollout },
    });
    acknowledgeWildcards(
      role,
      [rollout],
      [
        [/^\*$/, 'The ids of ECS tasks are not known beforehand, so the cluster is a condition.'],
        STACK_IDS,
        TASK_LOGS,
      ],
    );

    tag(this, environment.name);

    new CfnOutput(this, 'DeployPolicyArns', {
      value: deployment.arns,
      description: "For the application's own bootstrap",
    });
    new CfnOutput(this, 'BootstrapCommand', {
      value: bootstrapCommand(
        this,
        environment,
        deployment,
        pipelineAccount === this.account ? undefined : pipelineAccount,
      ),
      description: 'Run once, before the first build, as an administrator of this account',
    });
  }
}

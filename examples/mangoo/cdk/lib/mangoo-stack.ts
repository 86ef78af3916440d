import { CfnOutput, Duration, Fn, RemovalPolicy, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import type { Construct } from 'constructs';
import type { Image } from './image';

export interface MangooStackProps extends StackProps {
  /** E.g. `dev` or `prod`; the tasks see it as ENVIRONMENT. */
  readonly environment: string;
  /** Name of the ECS cluster. */
  readonly cluster: string;
  readonly backendImage: Image;
  readonly frontendImage: Image;
}

const MODEL = 'anthropic.claude-3-5-haiku-20241022-v1:0';

/** The Mangoo application: two services on Fargate behind one load balancer, and a database that only the backend reaches. */
export class MangooStack extends Stack {
  constructor(scope: Construct, id: string, props: MangooStackProps) {
    super(scope, id, { ...props, description: `Mangoo, ${props.environment}` });
    Tags.of(this).add('project', 'mangoo');
    Tags.of(this).add('environment', props.environment);

    const vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 1 });

    const database = new rds.DatabaseCluster(this, 'Database', {
      engine: rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.VER_16_6 }),
      writer: rds.ClusterInstance.serverlessV2('Writer'),
      serverlessV2MinCapacity: 0.5,
      serverlessV2MaxCapacity: 4,
      vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      // Under a prefix that builds cannot read: theirs is mangoo/.
      credentials: rds.Credentials.fromGeneratedSecret('mangoo', { secretName: `mangoo-app/${id}/database` }),
      defaultDatabaseName: 'mangoo',
      storageEncrypted: true,
      deletionProtection: true,
      backup: { retention: Duration.days(7) },
      removalPolicy: RemovalPolicy.SNAPSHOT,
    });

    const cluster = new ecs.Cluster(this, 'Cluster', { clusterName: props.cluster, vpc });

    const backend = this.service('Backend', {
      cluster,
      serviceName: 'mangoo-backend-service',
      image: props.backendImage,
      port: 8000,
      environment: {
        ENVIRONMENT: props.environment,
        BEDROCK_MODEL_ID: MODEL,
        DATABASE_HOST: database.clusterEndpoint.hostname,
      },
      secrets: database.secret && {
        DATABASE_USER: ecs.Secret.fromSecretsManager(database.secret, 'username'),
        DATABASE_PASSWORD: ecs.Secret.fromSecretsManager(database.secret, 'password'),
      },
    });
    database.connections.allowDefaultPortFrom(backend, 'The backend');
    backend.taskDefinition.addToTaskRolePolicy(
      new iam.PolicyStatement({
        actions: ['bedrock:InvokeModel'],
        resources: [`arn:${this.partition}:bedrock:${this.region}::foundation-model/${MODEL}`],
      }),
    );

    const frontend = this.service('Frontend', {
      cluster,
      serviceName: 'mangoo-frontend-service',
      image: props.frontendImage,
      port: 8080,
      environment: { ENVIRONMENT: props.environment, API_URL: '/api' },
    });

    const loadBalancer = new elbv2.ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc,
      internetFacing: true,
    });
    // HTTP, because a certificate needs a domain of yours: add one, listen on 443, and redirect this port.
    const listener = loadBalancer.addListener('Http', { port: 80, protocol: elbv2.ApplicationProtocol.HTTP });
    const health = { path: '/health', interval: Duration.seconds(15), healthyThresholdCount: 2 };
    listener.addTargets('Frontend', {
      port: 8080,
      protocol: elbv2.ApplicationProtocol.HTTP,
      targets: [frontend],
      healthCheck: health,
      deregistrationDelay: Duration.seconds(30),
    });
    listener.addTargets('Backend', {
      port: 8000,
      protocol: elbv2.ApplicationProtocol.HTTP,
      priority: 10,
      conditions: [elbv2.ListenerCondition.pathPatterns(['/api/*'])],
      targets: [backend],
      healthCheck: health,
      deregistrationDelay: Duration.seconds(30),
    });

    new CfnOutput(this, 'Url', {
      value: `http://${loadBalancer.loadBalancerDnsName}`,
      description: 'The application',
    });
    new CfnOutput(this, 'DatabaseEndpoint', { value: database.clusterEndpoint.hostname });
  }

  /** As where the account is not known: to look them up, a synthesis would need a role that builds may not assume. */
  override get availabilityZones(): string[] {
    return [0, 1].map((i) => Fn.select(i, Fn.getAzs()));
  }

  private service(
    id: string,
    props: {
      readonly cluster: ecs.Cluster;
      readonly serviceName: string;
      readonly image: Image;
      readonly port: number;
      readonly environment: Record<string, string>;
      readonly secrets?: Record<string, ecs.Secret>;
    },
  ): ecs.FargateService {
    const taskDefinition = new ecs.FargateTaskDefinition(this, `${id}Task`, {
      cpu: 256,
      memoryLimitMiB: 512,
    });
    const { account, region, repository: repositoryName, digest } = props.image;
    const repository = ecr.Repository.fromRepositoryAttributes(this, `${id}Repository`, {
      repositoryArn: `arn:${this.partition}:ecr:${region}:${account}:repository/${repositoryName}`,
      repositoryName,
    });
    taskDefinition.addContainer('app', {
      // A literal digest renders as repository@sha256:…; behind a token it would render as a tag.
      image: ecs.ContainerImage.fromEcrRepository(repository, digest),
      portMappings: [{ containerPort: props.port }],
      environment: props.environment,
      secrets: props.secrets,
      logging: ecs.LogDrivers.awsLogs({
        streamPrefix: id.toLowerCase(),
        logGroup: new logs.LogGroup(this, `${id}Logs`, {
          retention: logs.RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      }),
    });
    const service = new ecs.FargateService(this, `${id}Service`, {
      cluster: props.cluster,
      serviceName: props.serviceName,
      taskDefinition,
      desiredCount: 2,
      minHealthyPercent: 100,
      // A release that does not become healthy comes back by itself, and fails the deployment.
      circuitBreaker: { enable: true, rollback: true },
    });
    // Tasks that start before they may pull their image count for the circuit breaker.
    service.node.addDependency(taskDefinition.obtainExecutionRole());
    return service;
  }
}

/**
 * Of resource types that others refer to: the property with which a template may name them, what `Ref` returns, and their ARN.
 * `{partition}`, `{region}`, `{account}` and `{name}` stand for what they say, other words for a property.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export interface NamedType {
  readonly name: string;
  /** Where it is not the name. */
  readonly ref?: string;
  /** By attribute. */
  readonly attributes: Readonly<Record<string, string>>;
}

const TOPIC = 'arn:{partition}:sns:{region}:{account}:{name}';
const SECRET = 'arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-{id}';
const ECS = 'arn:{partition}:ecs:{region}:{account}';
const POLICY = 'arn:{partition}:iam::{account}:policy{Path}{name}';
const STATE_MACHINE = 'arn:{partition}:states:{region}:{account}:stateMachine:{name}';
const REPORT_GROUP = 'arn:{partition}:codebuild:{region}:{account}:report-group/{name}';
const LOAD_BALANCER = 'arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{name}/{id}';

/** By type. */
export const NAMED_TYPES: ReadonlyMap<string, NamedType> = new Map(
  Object.entries<NamedType>({
    'AWS::CodeBuild::Project': {
      name: 'Name',
      attributes: { Arn: 'arn:{partition}:codebuild:{region}:{account}:project/{name}' },
    },
    'AWS::CodeBuild::ReportGroup': { name: 'Name', ref: REPORT_GROUP, attributes: { Arn: REPORT_GROUP } },
    'AWS::CodePipeline::Pipeline': { name: 'Name', attributes: {} },
    'AWS::DynamoDB::Table': {
      name: 'TableName',
      attributes: { Arn: 'arn:{partition}:dynamodb:{region}:{account}:table/{name}' },
    },
    'AWS::ECR::Repository': {
      name: 'RepositoryName',
      attributes: {
        Arn: 'arn:{partition}:ecr:{region}:{account}:repository/{name}',
        RepositoryUri: '{account}.dkr.ecr.{region}.{suffix}/{name}',
      },
    },
    'AWS::ECS::Cluster': { name: 'ClusterName', attributes: { Arn: `${ECS}:cluster/{name}` } },
    'AWS::ECS::Service': {
      name: 'ServiceName',
      ref: `${ECS}:service/{Cluster}/{name}`,
      attributes: { Name: '{name}', ServiceArn: `${ECS}:service/{Cluster}/{name}` },
    },
    'AWS::ECS::TaskDefinition': {
      name: 'Family',
      ref: `${ECS}:task-definition/{name}:{id}`,
      attributes: { TaskDefinitionArn: `${ECS}:task-definition/{name}:{id}` },
    },
    'AWS::ElasticLoadBalancingV2::LoadBalancer': {
      name: 'Name',
      ref: LOAD_BALANCER,
      attributes: { LoadBalancerName: '{name}' },
    },
    'AWS::Events::Rule': {
      name: 'Name',
      attributes: { Arn: 'arn:{partition}:events:{region}:{account}:rule/{name}' },
    },
    'AWS::IAM::Group': { name: 'GroupName', attributes: {} },
    'AWS::IAM::ManagedPolicy': { name: 'ManagedPolicyName', ref: POLICY, attributes: { PolicyArn: POLICY } },
    'AWS::IAM::Role': {
      name: 'RoleName',
      attributes: { Arn: 'arn:{partition}:iam::{account}:role{Path}{name}' },
    },
    'AWS::IAM::User': {
      name: 'UserName',
      attributes: { Arn: 'arn:{partition}:iam::{account}:user{Path}{name}' },
    },
    'AWS::KMS::Alias': { name: 'AliasName', attributes: {} },
    'AWS::Lambda::Function': {
      name: 'FunctionName',
      attributes: { Arn: 'arn:{partition}:lambda:{region}:{account}:function:{name}' },
    },
    'AWS::Logs::LogGroup': {
      name: 'LogGroupName',
      attributes: { Arn: 'arn:{partition}:logs:{region}:{account}:log-group:{name}:*' },
    },
    'AWS::S3::Bucket': {
      name: 'BucketName',
      attributes: {
        Arn: 'arn:{partition}:s3:::{name}',
        DomainName: '{name}.s3.{suffix}',
        RegionalDomainName: '{name}.s3.{region}.{suffix}',
      },
    },
    'AWS::SNS::Topic': {
      name: 'TopicName',
      ref: TOPIC,
      attributes: { TopicArn: TOPIC, TopicName: '{name}' },
    },
    'AWS::SQS::Queue': {
      name: 'QueueName',
      ref: 'https://sqs.{region}.{suffix}/{account}/{name}',
      attributes: {
        Arn: 'arn:{partition}:sqs:{region}:{account}:{name}',
        QueueName: '{name}',
        QueueUrl: 'https://sqs.{region}.{suffix}/{account}/{name}',
      },
    },
    'AWS::SSM::Parameter': { name: 'Name', attributes: {} },
    // Six characters that AWS adds follow the name.
    'AWS::SecretsManager::Secret': { name: 'Name', ref: SECRET, attributes: { Id: SECRET } },
    'AWS::StepFunctions::StateMachine': {
      name: 'StateMachineName',
      ref: STATE_MACHINE,
      attributes: { Arn: STATE_MACHINE, Name: '{name}' },
    },
    // Named by AWS alone: their ARN is known but for the id.
    'AWS::CodeConnections::Connection': {
      name: '',
      ref: 'arn:{partition}:codeconnections:{region}:{account}:connection/{id}',
      attributes: { ConnectionArn: 'arn:{partition}:codeconnections:{region}:{account}:connection/{id}' },
    },
    'AWS::CodeStarConnections::Connection': {
      name: '',
      ref: 'arn:{partition}:codestar-connections:{region}:{account}:connection/{id}',
      attributes: {
        ConnectionArn: 'arn:{partition}:codestar-connections:{region}:{account}:connection/{id}',
      },
    },
    'AWS::KMS::Key': {
      name: '',
      attributes: { Arn: 'arn:{partition}:kms:{region}:{account}:key/{id}' },
    },
  }),
);

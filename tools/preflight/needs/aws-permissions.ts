import { S3_ACTIONS } from '../../iam/s3-actions';
import { IAM_PREFIXES, OF_THE_CLI, OTHERWISE, WAITERS } from '../data/aws-services';
import type { AwsCall } from './aws-call';
import { arn, on, passRole, type Permission } from './need';
import { s3Permissions } from './s3-paths';

/** What a call of the AWS CLI must be allowed; empty where that is nothing, or not known. */
export function awsPermissions(call: AwsCall): Permission[] {
  if (call.service === 's3') return s3Permissions(call);
  const prefix = IAM_PREFIXES[call.service];
  if (prefix === undefined) return [];
  const operation = operationOf(call);
  if (operation === undefined) return [];
  const names = OF_THE_CLI[call.service]?.[operation] ??
    OTHERWISE[call.service]?.[operation] ?? [pascal(operation)];
  const actions = [...names, ...(tagsRepository(call) ? ['TagResource'] : [])].map(
    (name) => `${prefix}:${name}`,
  );
  const resources = NO_RESOURCE.has(actions[0] ?? '') ? ['*'] : resourcesOf(prefix, call, operation);
  return [...resources.flatMap((resource) => permissionsOn(resource, actions, prefix)), ...passed(call)];
}

/** Where tags are given, making a repository is tagging it, too. https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-using-tags.html */
function tagsRepository(call: AwsCall): boolean {
  return call.service === 'ecr' && call.operation === 'create-repository' && call.has('--tags');
}

function operationOf({ service, operation, operands }: AwsCall): string | undefined {
  return operation === 'wait' ? WAITERS[service]?.[operands[0] ?? ''] : operation;
}

function permissionsOn(resource: string, actions: readonly string[], prefix: string): Permission[] {
  if (prefix !== 's3') return on(resource, ...actions);
  return on(resource, ...actions.map((action) => `s3:${S3_ACTIONS[action.slice(3)] ?? action.slice(3)}`));
}

/** As the API writes it, but for abbreviations: IAM takes no notice of capitals. */
function pascal(operation: string): string {
  return operation
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** Those of calls that builds make and whose API has no resource: a policy must name `*`. */
const NO_RESOURCE = new Set([
  'cloudformation:ListExports',
  'cloudformation:ValidateTemplate',
  'ecr-public:GetAuthorizationToken',
  'ecr:GetAuthorizationToken',
  'ecs:ListTaskDefinitions',
  's3:ListBuckets',
  'sts:GetServiceBearerToken',
]);

type Resource = (name: string, call: AwsCall) => string;

/** Options that name what a call is about, by IAM's prefix, and the resource that they name. */
const NAMED: Readonly<
  Record<string, readonly (readonly [options: readonly string[], resource: Resource])[]>
> = {
  cloudformation: [[['--stack-name'], (name) => `stack/${name}/‹id›`]],
  cloudfront: [[['--distribution-id'], (id) => `distribution/${id}`]],
  codebuild: [[['--project-name'], (name) => `project/${name}`]],
  codepipeline: [[['--pipeline-name'], (name) => `${name}‹stage›`]],
  dynamodb: [[['--table-name'], (name) => `table/${name}‹index›`]],
  ecr: [[['--repository-name', '--repository-names'], (name) => `repository/${name}`]],
  ecs: [
    [['--services', '--service'], (name, call) => `service/${cluster(call)}/${last(name)}`],
    [['--family'], (name) => `task-definition/${name}:‹revision›`],
  ],
  iam: [
    [['--role-name'], (name) => `role/‹path›${name}`],
    [['--user-name'], (name) => `user/‹path›${name}`],
    [['--policy-arn'], (name) => name],
  ],
  lambda: [[['--function-name'], (name) => `function:${name}‹version›`]],
  logs: [[['--log-group-name'], (name) => `log-group:${name}‹stream›`]],
  secretsmanager: [[['--secret-id'], (name) => `secret:${name}‹suffix›`]],
  sns: [[['--topic-arn', '--target-arn'], (name) => name]],
  sqs: [[['--queue-url'], (url) => last(url)]],
  ssm: [
    [['--name', '--names'], (name) => `parameter/${name.replace(/^\//, '').replace(/:[^:›]*$/, '')}`],
    [['--path'], (path) => `parameter/${path.replace(/^\//, '')}‹below›`],
  ],
  states: [[['--state-machine-arn'], (name) => name]],
  sts: [[['--role-arn'], (name) => name]],
};

/** Operations about something else than what an option of that name says: what they are about is not known. */
const NOT_NAMED =
  /^(?:ecs:(?:run-task|start-task|list-|tag-resource|untag-resource|register-task|create-cluster)|ssm:.*(?:document|session|command|association|maintenance|window))/;

function resourcesOf(prefix: string, call: AwsCall, operation: string): string[] {
  if (prefix === 's3') return [bucketResource(call, operation)];
  if (NOT_NAMED.test(`${prefix}:${operation}`) && !call.has('--family')) return ['‹resource›'];
  for (const [options, resource] of NAMED[prefix] ?? []) {
    // Only a list has several; a file to write to may follow the option.
    const named = options.flatMap((option) =>
      call.values(option).slice(0, option.endsWith('s') ? undefined : 1),
    );
    if (!named.length) continue;
    // A registry of somebody else's.
    const [account = '‹AWS::AccountId›'] = call.values('--registry-id');
    return named.map((name) =>
      /^arn:|^‹[^›]*›$/.test(name)
        ? name
        : arn(prefix, resource(name, call)).replace('‹AWS::AccountId›', account),
    );
  }
  return ['‹resource›'];
}

/** `aws s3api`. */
function bucketResource(call: AwsCall, operation: string): string {
  const [bucket] = call.values('--bucket');
  if (bucket === undefined) return '‹resource›';
  const [key] = call.values('--key');
  const ofObject =
    /object|multipart|upload-part|parts/.test(operation) &&
    !/^list-(?:object|multipart)|lock/.test(operation);
  return arn('s3', ofObject ? `${bucket}/${key ?? '‹key›'}` : bucket);
}

function passed(call: AwsCall): Permission[] {
  const roles = ROLES[`${call.service} ${call.operation}`] ?? [];
  return roles.flatMap(([option, service]) => call.values(option).map((role) => passRole(role, service)));
}

const TASKS = [
  ['--execution-role-arn', 'ecs-tasks.amazonaws.com'],
  ['--task-role-arn', 'ecs-tasks.amazonaws.com'],
] as const;
const OF_STACK = [['--role-arn', 'cloudformation.amazonaws.com']] as const;
const OF_FUNCTION = [['--role', 'lambda.amazonaws.com']] as const;

/** Calls that hand a role to a service. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html */
const ROLES: Readonly<Record<string, readonly (readonly [option: string, service: string])[]>> = {
  'cloudformation create-change-set': OF_STACK,
  'cloudformation create-stack': OF_STACK,
  'cloudformation deploy': OF_STACK,
  'cloudformation update-stack': OF_STACK,
  'codebuild create-project': [['--service-role', 'codebuild.amazonaws.com']],
  'codebuild update-project': [['--service-role', 'codebuild.amazonaws.com']],
  'ecs register-task-definition': TASKS,
  'lambda create-function': OF_FUNCTION,
  'lambda update-function-configuration': OF_FUNCTION,
  'stepfunctions create-state-machine': [['--role-arn', 'states.amazonaws.com']],
  'stepfunctions update-state-machine': [['--role-arn', 'states.amazonaws.com']],
};

function cluster(call: AwsCall): string {
  return last(call.values('--cluster')[0] ?? 'default');
}

function last(name: string): string {
  return name.split('/').pop() ?? name;
}

import type { Role } from '../model/role';
import { isAllowed } from './is-allowed';
import { arn } from './need';
import { allowedOn, ANY_ROLE, everything, oneOf } from './powers';

/**
 * Ways in which a role can get more than it has, for certain, one line each. A permissions boundary that a condition asks
 * for, or any other condition, is taken to close the way.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export function escalationsOf(role: Role): string[] {
  const all = everything(role);
  if (all !== undefined) return [`it has ${all}`];
  if (can(role, 'iam:*', ANY_ROLE)) return ['it is allowed everything of IAM on every role'];
  return [
    ...ANY.filter(([action, resource]) => can(role, action, resource)).map(
      ([action, , what]) => `${action} on ${what}`,
    ),
    ...SELF.filter((action) => can(role, action, role.arn) && !can(role, action, ANY_ROLE)).map(
      (action) => `${action} on itself`,
    ),
    ...made(role),
    ...passed(role),
    ...(can(role, 'sts:AssumeRole', ANY_ROLE)
      ? ['sts:AssumeRole on every role that trusts the account']
      : []),
  ];
}

/** Those that change what the role itself may do. */
const SELF = ['iam:AttachRolePolicy', 'iam:PutRolePolicy'];

const ANY_USER = arn('iam', 'user/‹any›');
const ANY_POLICY = arn('iam', 'policy/‹any›');
const ANY_FUNCTION = arn('lambda', 'function:‹any›');
const ANY_PROJECT = arn('codebuild', 'project/‹any›');

const ANY: readonly (readonly [action: string, resource: string, what: string])[] = [
  ['iam:AttachRolePolicy', ANY_ROLE, 'every role'],
  ['iam:PutRolePolicy', ANY_ROLE, 'every role'],
  ['iam:UpdateAssumeRolePolicy', ANY_ROLE, 'every role'],
  ['iam:CreatePolicyVersion', ANY_POLICY, 'every policy'],
  ['iam:SetDefaultPolicyVersion', ANY_POLICY, 'every policy'],
  ['iam:AttachUserPolicy', ANY_USER, 'every user'],
  ['iam:PutUserPolicy', ANY_USER, 'every user'],
  ['iam:CreateAccessKey', ANY_USER, 'every user'],
  ['iam:CreateLoginProfile', ANY_USER, 'every user'],
  ['iam:UpdateLoginProfile', ANY_USER, 'every user'],
  ['lambda:UpdateFunctionCode', ANY_FUNCTION, 'every function, which runs with its own role'],
  ['codebuild:UpdateProject', ANY_PROJECT, 'every project, which builds with its own role'],
];

function can(
  role: Role,
  action: string,
  resource: string,
  context: Readonly<Record<string, string>> = {},
): boolean {
  const here = resource.replace('‹AWS::Region›', role.stack.region ?? '‹AWS::Region›');
  return isAllowed(role, action, here, context) === 'yes';
}

/** A new role may trust whoever makes it. */
function made(role: Role): string[] {
  const created = allowedOn(role, 'iam:CreateRole');
  const given = ['iam:AttachRolePolicy', 'iam:PutRolePolicy'].flatMap((action) =>
    created
      .filter((pattern) => can(role, action, oneOf(pattern)))
      .map((pattern) => `iam:CreateRole and ${action} on ${pattern}, without a permissions boundary`),
  );
  return given.slice(0, 1);
}

/** To pass a strong role to what one can start is to have it. */
function passed(role: Role): string[] {
  const found = STARTED.find(
    ([service, actions]) =>
      can(role, 'iam:PassRole', ANY_ROLE, { 'iam:PassedToService': service }) &&
      actions.every((action) => allowedOn(role, action).length > 0),
  );
  return found ? [`iam:PassRole on every role, and ${found[1].join(', ')}`] : [];
}

/** What runs somebody's code with a role that is passed to it. */
const STARTED: readonly (readonly [service: string, actions: readonly string[]])[] = [
  ['lambda.amazonaws.com', ['lambda:CreateFunction', 'lambda:InvokeFunction']],
  ['ecs-tasks.amazonaws.com', ['ecs:RegisterTaskDefinition', 'ecs:RunTask']],
  ['ecs-tasks.amazonaws.com', ['ecs:RegisterTaskDefinition', 'ecs:UpdateService']],
  ['ec2.amazonaws.com', ['ec2:RunInstances']],
  ['codebuild.amazonaws.com', ['codebuild:CreateProject', 'codebuild:StartBuild']],
  ['codebuild.amazonaws.com', ['codebuild:UpdateProject', 'codebuild:StartBuild']],
  ['cloudformation.amazonaws.com', ['cloudformation:CreateStack']],
  ['cloudformation.amazonaws.com', ['cloudformation:CreateChangeSet', 'cloudformation:ExecuteChangeSet']],
  ['glue.amazonaws.com', ['glue:CreateJob', 'glue:StartJobRun']],
  ['states.amazonaws.com', ['states:CreateStateMachine', 'states:StartExecution']],
];

import { HANDLER_PERMISSIONS } from '../../../lib/catalogue/handler-permissions';
import { madeUpAsPattern } from '../../../tools/simulator/gateway/resources';
import {
  actionsOf,
  type HandledResource,
  HANDLERS,
  isWrittenDown,
  permissionsForProperties,
  permissionsOfHandler,
} from '../../../tools/simulator/iam/handlers';
import { isAllowed } from '../../lib/decision';
import { HERE } from '../../lib/resolved';

const role = (name: string): string => `arn:aws:iam::${HERE.account}:role/${name}`;

/** Properties without which a resource of the type cannot be. */
const REQUIRED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'AWS::Cognito::UserPoolClient': { UserPoolId: 'us-east-1_AbCdEf' },
  'AWS::ECS::TaskDefinition': { ExecutionRoleArn: role('pull'), TaskRoleArn: role('task') },
  'AWS::ElasticLoadBalancingV2::Listener': {
    LoadBalancerArn: `arn:aws:elasticloadbalancing:us-east-1:${HERE.account}:loadbalancer/app/a/1`,
  },
  'AWS::ElasticLoadBalancingV2::ListenerRule': {
    ListenerArn: `arn:aws:elasticloadbalancing:us-east-1:${HERE.account}:listener/app/a/1/2`,
  },
  'AWS::IAM::Policy': { Roles: ['MangooStack-Task'] },
  'AWS::Chatbot::SlackChannelConfiguration': { IamRoleArn: role('chat') },
  'AWS::Lambda::EventInvokeConfig': { FunctionName: 'notifier' },
  'AWS::Lambda::Function': { Role: role('function') },
  'AWS::Lambda::Permission': { FunctionName: `arn:aws:lambda:us-east-1:${HERE.account}:function:notifier` },
  'AWS::Logs::MetricFilter': { LogGroupName: 'builds' },
  'AWS::SNS::TopicPolicy': { Topics: [`arn:aws:sns:us-east-1:${HERE.account}:topic`] },
  'AWS::SQS::QueuePolicy': { Queues: [`http://localhost:4566/${HERE.account}/queue`] },
};

function resource(type: string, properties: object = {}): HandledResource {
  return {
    type,
    logicalId: 'Thing',
    properties: { ...REQUIRED[type], ...properties },
    stackName: 'MangooStack',
    tags: [],
    account: HERE.account,
    region: HERE.region,
  };
}

test('what is written down of a type can be judged: its resources are known too', () => {
  expect(Object.keys(HANDLER_PERMISSIONS).filter((type) => !isWrittenDown(type))).toEqual([]);
  expect(isWrittenDown('AWS::ResourceGroups::Group')).toBe(false);
});

describe.each(Object.keys(HANDLER_PERMISSIONS))('%s', (type) => {
  const asked = HANDLERS.flatMap((handler) => permissionsOfHandler(handler, resource(type)));

  test('is asked for as AWS asks: the reference knows each action on each of these resources', async () => {
    expect(new Set(asked.map(({ action }) => action))).toEqual(new Set(actionsOf(resource(type))));
    for (const { action, resource: on, context } of asked) {
      const statement = { Effect: 'Allow', Action: action, Resource: madeUpAsPattern(on) } as const;
      const policies = [{ Version: '2012-10-17', Statement: [statement] } as const];
      const keys = context as Record<string, string>;
      expect(`${action} ${on} ${await isAllowed(policies, { action, on, with: keys })}`).toBe(
        `${action} ${on} true`,
      );
    }
  });

  test('is never asked for with a wildcard, which some policies would answer otherwise than AWS', () => {
    expect(asked.filter(({ resource: on }) => on !== '*' && /[*?]/.test(on))).toEqual([]);
  });
});

test('a property that a template has brings the permissions that only it needs, and no others', () => {
  const actions = (properties: object): string[] =>
    permissionsForProperties(resource('AWS::KMS::Key', properties)).map(({ action }) => action);

  expect(actions({ EnableKeyRotation: true })).toEqual(['kms:DisableKeyRotation', 'kms:EnableKeyRotation']);
  expect(actions({})).toEqual([]);
});

test('a call carries the condition keys of CloudFormation: tags, boundary, passed service, linked service, cluster', () => {
  const context = (type: string, action: string, properties: object = {}): object | undefined => {
    const of: HandledResource = { ...resource(type, properties), tags: [{ Key: 'stack', Value: 's' }] };
    return permissionsOfHandler('create', of).find((one) => one.action === action)?.context;
  };

  expect(context('AWS::SQS::Queue', 'sqs:CreateQueue', { Tags: [{ Key: 'own', Value: 'o' }] })).toEqual({
    'aws:RequestTag/stack': 's',
    'aws:RequestTag/own': 'o',
    'aws:TagKeys': ['stack', 'own'],
  });
  expect(context('AWS::IAM::Role', 'iam:PutRolePolicy', { PermissionsBoundary: 'arn:b' })).toMatchObject({
    'iam:PermissionsBoundary': 'arn:b',
  });
  expect(context('AWS::Lambda::Function', 'iam:PassRole')).toEqual({
    'iam:PassedToService': 'lambda.amazonaws.com',
  });
  expect(context('AWS::ECS::TaskDefinition', 'iam:PassRole')).toEqual({
    'iam:PassedToService': 'ecs-tasks.amazonaws.com',
  });
  expect(context('AWS::RDS::DBCluster', 'iam:CreateServiceLinkedRole')).toMatchObject({
    'iam:AWSServiceName': 'rds.amazonaws.com',
  });
  expect(context('AWS::ECS::Service', 'ecs:DescribeServices', { Cluster: 'c' })).toMatchObject({
    'ecs:cluster': `arn:aws:ecs:us-east-1:${HERE.account}:cluster/c`,
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type Capability,
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  type ResourceChange,
  type Stack,
  type StackEvent,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  IAMClient,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { GetBucketTaggingCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { EmulatedAws } from '../../../tools/simulator/emulated-aws';
import { Faults } from '../../../tools/simulator/faults';

let directory: string;
let aws: EmulatedAws;
let cloudFormation: CloudFormationClient;
let s3: S3Client;
let ssm: SSMClient;
let ecr: ECRClient;
let iam: IAMClient;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'mangoo-stacks-test-'));
  aws = await EmulatedAws.start({
    account: '123456789012',
    region: 'us-east-1',
    directory,
    faults: new Faults(),
    env: process.env,
    signal: new AbortController().signal,
    log: () => undefined,
  });
  const { credentials } = aws.administrator;
  const options = { endpoint: aws.url, region: 'us-east-1', credentials, maxAttempts: 1 };
  cloudFormation = new CloudFormationClient(options);
  s3 = new S3Client({ ...options, forcePathStyle: true });
  ssm = new SSMClient(options);
  ecr = new ECRClient(options);
  iam = new IAMClient(options);
});

afterAll(async () => {
  await aws.stop();
  await rm(directory, { recursive: true, force: true });
});

let count = 0;
let StackName: string;
beforeEach(() => {
  count += 1;
  StackName = `stack-${count}`;
});

async function described(name = StackName): Promise<Stack> {
  const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: name }));
  return Stacks?.[0] as Stack;
}

async function created(template: object): Promise<Stack> {
  await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
  return described();
}

async function updated(template: object): Promise<Stack> {
  await cloudFormation.send(new UpdateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
  return described();
}

async function events(name = StackName): Promise<StackEvent[]> {
  return (await cloudFormation.send(new DescribeStackEventsCommand({ StackName: name }))).StackEvents ?? [];
}

/** Oldest first. */
async function statuses(logicalId: string, name = StackName): Promise<string[]> {
  const all = await events(name);
  return all
    .filter((event) => event.LogicalResourceId === logicalId)
    .map((event) => event.ResourceStatus ?? '')
    .reverse();
}

function exists(Bucket: string): Promise<boolean> {
  return s3.send(new HeadBucketCommand({ Bucket })).then(
    () => true,
    () => false,
  );
}

const bucket = (BucketName: string, more: object = {}): object => ({
  Type: 'AWS::S3::Bucket',
  Properties: { BucketName },
  ...more,
});
const parameter = (Name: string, Value: unknown): object => ({
  Type: 'AWS::SSM::Parameter',
  Properties: { Name, Type: 'String', Value },
});
/** S3 refuses it: the name is too short. */
const impossible = bucket('x');

test('a stack is really made, in the order of its references, and says what it has', async () => {
  const stack = await created({
    Resources: {
      Parameter: parameter('/made/name', { 'Fn::GetAtt': ['Bucket', 'Arn'] }),
      Bucket: bucket('made-bucket', {
        Properties: { BucketName: 'made-bucket', Tags: [{ Key: 'app', Value: 'mangoo' }] },
      }),
    },
    Outputs: { Name: { Value: { Ref: 'Bucket' }, Description: 'The bucket' } },
  });

  expect(stack).toMatchObject({
    StackStatus: 'CREATE_COMPLETE',
    Outputs: [{ OutputKey: 'Name', OutputValue: 'made-bucket', Description: 'The bucket' }],
  });
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: '/made/name' }));
  expect(Parameter?.Value).toBe('arn:aws:s3:::made-bucket');
  const { TagSet } = await s3.send(new GetBucketTaggingCommand({ Bucket: 'made-bucket' }));
  expect(TagSet).toEqual([{ Key: 'app', Value: 'mangoo' }]);
});

test('its events are newest first, each with an id of its own, of one operation, at times that ascend', async () => {
  await created({ Resources: { One: parameter('/events/1', 'a'), Two: parameter('/events/2', 'b') } });

  const all = await events();
  expect(all[0]).toMatchObject({
    ResourceType: 'AWS::CloudFormation::Stack',
    ResourceStatus: 'CREATE_COMPLETE',
  });
  expect(new Set(all.map((event) => event.EventId)).size).toBe(all.length);
  expect(new Set(all.map((event) => event.OperationId)).size).toBe(1);
  const times = all.map((event) => event.Timestamp?.getTime() ?? 0);
  expect(times).toEqual([...times].sort((a, b) => b - a));
});

test('whoever follows an operation knows its events by the token that it was begun with', async () => {
  const template = (value: string): string =>
    JSON.stringify({ Resources: { One: parameter('/token/1', value) } });
  const begin = { StackName, ClientRequestToken: 'first', TemplateBody: template('a') };
  await cloudFormation.send(new CreateStackCommand(begin));
  await described();
  await cloudFormation.send(
    new UpdateStackCommand({ ...begin, ClientRequestToken: 'second', TemplateBody: template('b') }),
  );
  await described();

  const tokens = (await events()).map((event) => event.ClientRequestToken);
  expect(tokens).toEqual([...tokens].sort().reverse());
  expect(new Set(tokens)).toEqual(new Set(['second', 'first']));
  await updated({ Resources: {} });
  expect((await events())[0]?.ClientRequestToken).toBeUndefined();
});

test('what fails is named with its reason, and what was made before it goes again', async () => {
  const stack = await created({
    Resources: {
      Good: bucket('rolled-back'),
      Bad: { ...impossible, DependsOn: 'Good' },
      Never: { ...bucket('never'), DependsOn: 'Bad' },
    },
  });

  expect(stack.StackStatus).toBe('ROLLBACK_COMPLETE');
  expect(await statuses('Good')).toEqual([
    'CREATE_IN_PROGRESS',
    'CREATE_COMPLETE',
    'DELETE_IN_PROGRESS',
    'DELETE_COMPLETE',
  ]);
  expect(await statuses('Bad')).toEqual(['CREATE_IN_PROGRESS', 'CREATE_FAILED']);
  expect(await statuses('Never')).toEqual([]);
  expect(await exists('rolled-back')).toBe(false);
  const failure = (await events()).find((event) => event.ResourceStatus === 'CREATE_FAILED');
  expect(failure?.ResourceStatusReason).toMatch(
    /^Resource handler returned message: "The specified bucket is not valid/,
  );
});

test('a stack that was rolled back can only be deleted', async () => {
  await created({ Resources: { Bad: impossible } });
  await expect(updated({ Resources: { Good: bucket('too-late') } })).rejects.toThrow(
    /^Stack:arn:aws:cloudformation:us-east-1:123456789012:stack\/stack-\d+\/.* is in ROLLBACK_COMPLETE state and can not be updated\.$/,
  );
});

test('an update that replaces a bucket makes the new one first, hands its name on, and deletes the old one', async () => {
  const template = (name: string): object => ({
    Resources: { Bucket: bucket(name), Parameter: parameter('/replaced/name', { Ref: 'Bucket' }) },
  });
  await created(template('replaced-1'));
  const stack = await updated(template('replaced-2'));

  expect(stack.StackStatus).toBe('UPDATE_COMPLETE');
  expect(await exists('replaced-1')).toBe(false);
  expect(await exists('replaced-2')).toBe(true);
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: '/replaced/name' }));
  expect(Parameter?.Value).toBe('replaced-2');
});

test('an update that fails leaves everything as it was', async () => {
  await created({ Resources: { Kept: parameter('/kept', 'before'), Gone: bucket('kept-bucket') } });
  const stack = await updated({
    Resources: {
      Kept: parameter('/kept', 'after'),
      Added: { ...bucket('added-bucket'), DependsOn: 'Kept' },
      Bad: { ...impossible, DependsOn: ['Kept', 'Added'] },
    },
  });

  expect(stack.StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: '/kept' }));
  expect(Parameter?.Value).toBe('before');
  expect(await exists('kept-bucket')).toBe(true);
  expect(await exists('added-bucket')).toBe(false);
  // It can be updated again, as on AWS.
  expect((await updated({ Resources: { Kept: parameter('/kept', 'later') } })).StackStatus).toBe(
    'UPDATE_COMPLETE',
  );
});

test('a change set says what would be replaced and what follows from it, and changes nothing', async () => {
  const template = (name: string): object => ({
    Resources: {
      Bucket: bucket(name),
      Name: parameter('/planned', { Ref: 'Bucket' }),
      Same: parameter('/same', 'x'),
    },
  });
  await created(template('planned-1'));
  const TemplateBody = JSON.stringify(template('planned-2'));
  await cloudFormation.send(new CreateChangeSetCommand({ StackName, ChangeSetName: 'plan', TemplateBody }));

  const plan = await cloudFormation.send(new DescribeChangeSetCommand({ StackName, ChangeSetName: 'plan' }));
  expect(plan).toMatchObject({ Status: 'CREATE_COMPLETE', ExecutionStatus: 'AVAILABLE' });
  expect(
    plan.Changes?.map(({ ResourceChange: change }) => [
      change?.Action,
      change?.LogicalResourceId,
      change?.Replacement,
    ]),
  ).toEqual([
    ['Modify', 'Bucket', 'True'],
    ['Modify', 'Name', 'False'],
  ]);
  expect(await exists('planned-2')).toBe(false);
});

test('asked for values, a change set shows each resource before and after, as text: what a build reads before it executes it', async () => {
  const kept = { ...bucket('shown-1'), DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };
  const lifecycle = { RetentionInDays: 7, LogGroupName: '/shown' };
  await created({
    Resources: {
      Bucket: kept,
      Gone: kept,
      Logs: { Type: 'AWS::Logs::LogGroup', Properties: lifecycle },
    },
  });
  const TemplateBody = JSON.stringify({
    Resources: {
      Bucket: { ...kept, Properties: { BucketName: 'shown-2' } },
      Logs: { Type: 'AWS::Logs::LogGroup', Properties: { ...lifecycle, RetentionInDays: 14 } },
      Name: parameter('/shown', { Ref: 'Bucket' }),
    },
  });
  const name = { StackName, ChangeSetName: 'shown' };
  await cloudFormation.send(new CreateChangeSetCommand({ ...name, TemplateBody }));

  const changes = async (IncludePropertyValues?: boolean): Promise<Map<string, ResourceChange>> => {
    const { Changes = [] } = await cloudFormation.send(
      new DescribeChangeSetCommand({ ...name, IncludePropertyValues }),
    );
    return new Map(Changes.map(({ ResourceChange: one = {} }) => [one.LogicalResourceId ?? '', one]));
  };
  const after = (one: ResourceChange | undefined): unknown => JSON.parse(one?.AfterContext ?? '{}');

  const shown = await changes(true);
  const replaced = shown.get('Bucket');
  expect(replaced).toMatchObject({ Replacement: 'True', PolicyAction: 'ReplaceAndRetain' });
  expect(replaced?.Details?.[0]?.Target).toEqual({
    Attribute: 'Properties',
    Name: 'BucketName',
    RequiresRecreation: 'Always',
    Path: '/Properties/BucketName',
    BeforeValue: 'shown-1',
    AfterValue: 'shown-2',
    AttributeChangeType: 'Modify',
  });
  expect(JSON.parse(replaced?.BeforeContext ?? '')).toEqual({
    Properties: { BucketName: 'shown-1' },
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
  });
  expect(shown.get('Gone')).toMatchObject({ Action: 'Remove', PolicyAction: 'Retain' });
  expect(after(shown.get('Logs'))).toEqual({
    Properties: { LogGroupName: '/shown', RetentionInDays: '14' },
  });
  expect(after(shown.get('Name'))).toMatchObject({
    Properties: { Value: '{{changeSet:KNOWN_AFTER_APPLY}}' },
  });

  const hidden = [...(await changes()).values()];
  expect(hidden.map(({ LogicalResourceId }) => LogicalResourceId).sort()).toEqual([...shown.keys()].sort());
  for (const one of hidden) {
    expect(one).not.toHaveProperty('BeforeContext');
    expect(one).not.toHaveProperty('AfterContext');
  }
});

test('a database whose name changes is another one, though databases are accepted only', async () => {
  const database = (DatabaseName: string, BackupRetentionPeriod: number): object => ({
    Resources: {
      Data: { Type: 'AWS::RDS::DBCluster', Properties: { DatabaseName, BackupRetentionPeriod } },
    },
  });
  const id = async (): Promise<string | undefined> => {
    const { StackResources } = await cloudFormation.send(new DescribeStackResourcesCommand({ StackName }));
    return StackResources?.[0]?.PhysicalResourceId;
  };
  await created(database('mangoo', 7));
  const first = await id();
  await updated(database('mangoo', 14));
  expect(await id()).toBe(first);
  await updated(database('other', 14));

  expect(await id()).not.toBe(first);
  expect(await statuses('Data')).toEqual([
    ...['CREATE_IN_PROGRESS', 'CREATE_COMPLETE', 'UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE'],
    ...['UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE', 'DELETE_IN_PROGRESS', 'DELETE_COMPLETE'],
  ]);
});

test('a change set without changes fails in the words that the CDK CLI looks for', async () => {
  const TemplateBody = JSON.stringify({ Resources: { Same: parameter('/unchanged', 'x') } });
  await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody }));
  await described();
  await cloudFormation.send(new CreateChangeSetCommand({ StackName, ChangeSetName: 'none', TemplateBody }));

  expect(
    await cloudFormation.send(new DescribeChangeSetCommand({ StackName, ChangeSetName: 'none' })),
  ).toMatchObject({
    Status: 'FAILED',
    StatusReason: expect.stringMatching(/^The submitted information didn't contain changes\./) as string,
  });
  await expect(cloudFormation.send(new UpdateStackCommand({ StackName, TemplateBody }))).rejects.toThrow(
    'No updates are to be performed.',
  );
});

test('a stack that a change set begins exists only for review until that is executed', async () => {
  const TemplateBody = JSON.stringify({ Resources: { One: parameter('/reviewed', 'x') } });
  const ChangeSetName = 'first';
  await cloudFormation.send(
    new CreateChangeSetCommand({ StackName, ChangeSetName, ChangeSetType: 'CREATE', TemplateBody }),
  );
  expect((await described()).StackStatus).toBe('REVIEW_IN_PROGRESS');
  await cloudFormation.send(new ExecuteChangeSetCommand({ StackName, ChangeSetName }));
  expect((await described()).StackStatus).toBe('CREATE_COMPLETE');
  const { TemplateBody: stored } = await cloudFormation.send(new GetTemplateCommand({ StackName }));
  expect(stored).toBe(TemplateBody);
});

test('a deleted stack is gone by its name, known by its id, and keeps what is to be retained', async () => {
  const { StackId = '' } = await created({
    Resources: {
      Gone: bucket('deleted-bucket'),
      Stays: bucket('retained-bucket', { DeletionPolicy: 'Retain' }),
    },
  });
  await cloudFormation.send(new DeleteStackCommand({ StackName }));

  expect((await described(StackId)).StackStatus).toBe('DELETE_COMPLETE');
  await expect(described()).rejects.toThrow(`Stack with id ${StackName} does not exist`);
  expect(await exists('deleted-bucket')).toBe(false);
  expect(await exists('retained-bucket')).toBe(true);
  expect(await statuses('Stays', StackId)).toContain('DELETE_SKIPPED');
});

test('what another stack exports can be imported, and what nothing exports is refused by name', async () => {
  await created({
    Resources: { One: parameter('/exporting', 'x') },
    Outputs: { Out: { Value: 'exported value', Export: { Name: 'the-export' } } },
  });
  StackName = `${StackName}-importing`;
  await created({ Resources: { Two: parameter('/importing', { 'Fn::ImportValue': 'the-export' }) } });
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: '/importing' }));
  expect(Parameter?.Value).toBe('exported value');

  StackName = `${StackName}-nothing`;
  const failed = await created({
    Resources: { Two: parameter('/nothing', { 'Fn::ImportValue': 'nobody' }) },
  });
  expect(failed).toMatchObject({
    StackStatus: 'ROLLBACK_COMPLETE',
    StackStatusReason: 'No export named nobody found.',
  });
});

test('what another stack has as an output can be read, and what none has is refused by name', async () => {
  const read = (stack: string, OutputName: string): object => ({
    'Fn::GetStackOutput': { StackName: stack, Region: { Ref: 'AWS::Region' }, OutputName },
  });
  const producer = StackName;
  await created({
    Resources: { One: parameter('/published', 'x') },
    Outputs: { Out: { Value: 'published value' } },
  });
  StackName = `${producer}-reading`;
  await created({ Resources: { Two: parameter('/reading', read(producer, 'Out')) } });
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: '/reading' }));
  expect(Parameter?.Value).toBe('published value');

  StackName = `${producer}-nothing`;
  const failed = await created({ Resources: { Two: parameter('/nothing', read(producer, 'Other')) } });
  expect(failed).toMatchObject({
    StackStatus: 'ROLLBACK_COMPLETE',
    StackStatusReason: `Output Other does not exist in stack ${producer}`,
  });
});

test('a parameter of an SSM type is what the store has, and a missing one is named', async () => {
  await ssm.send(new PutParameterCommand({ Name: '/stored/version', Value: '21', Type: 'String' }));
  const template = (name: string): object => ({
    Parameters: { Version: { Type: 'AWS::SSM::Parameter::Value<String>', Default: name } },
    Resources: { One: parameter('/read', { Ref: 'Version' }) },
  });
  await created(template('/stored/version'));
  expect((await ssm.send(new GetParameterCommand({ Name: '/read' }))).Parameter?.Value).toBe('21');
  StackName = `${StackName}-missing`;
  await expect(created(template('/stored/missing'))).rejects.toThrow(
    'Unable to fetch parameters [/stored/missing] from parameter store for this account.',
  );
});

test('parameters without a value, and those that the template does not have, are told before anything is made', async () => {
  const template = {
    Parameters: { A: { Type: 'String' }, B: { Type: 'String' } },
    Resources: { One: impossible },
  };
  await expect(created(template)).rejects.toThrow('Parameters: [A, B] must have values');
  await expect(
    cloudFormation.send(
      new CreateStackCommand({
        StackName,
        TemplateBody: JSON.stringify({ Resources: { One: impossible } }),
        Parameters: [{ ParameterKey: 'C', ParameterValue: 'x' }],
      }),
    ),
  ).rejects.toThrow('Parameters: [C] do not exist in the template');
  await expect(described()).rejects.toThrow('does not exist');
});

test('a type that is not played is accepted with a plausible id, and its event says so', async () => {
  const stack = await created({
    Resources: { Gateway: { Type: 'AWS::EC2::InternetGateway' } },
    Outputs: { Id: { Value: { Ref: 'Gateway' } } },
  });
  expect(stack.Outputs?.[0]?.OutputValue).toMatch(/^igw-[0-9a-f]{17}$/);
  const done = (await events()).find((event) => event.LogicalResourceId === 'Gateway');
  expect(done?.ResourceStatusReason).toBe('simulated: accepted, not made');
});

test('an attribute that a played type does not have ends the deployment, as on AWS', async () => {
  const stack = await created({
    Resources: {
      Bucket: bucket('attributes'),
      One: parameter('/attribute', { 'Fn::GetAtt': ['Bucket', 'Nonsense'] }),
    },
  });
  expect(stack.StackStatus).toBe('ROLLBACK_COMPLETE');
  const failure = (await events()).find((event) => event.ResourceStatus === 'CREATE_FAILED');
  expect(failure?.ResourceStatusReason).toContain(
    'Requested attribute Nonsense does not exist in schema for AWS::S3::Bucket',
  );
});

test('a lifecycle that S3 refuses is refused here too, though the emulator would take it', async () => {
  const LifecycleConfiguration = {
    Rules: [{ Status: 'Enabled', Transitions: [{ StorageClass: 'STANDARD_IA', TransitionInDays: 7 }] }],
  };
  const Properties = { BucketName: 'early', LifecycleConfiguration };
  const stack = await created({ Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties } } });
  expect(stack.StackStatus).toBe('ROLLBACK_COMPLETE');
  expect(await exists('early')).toBe(false);
  const failure = (await events()).find((event) => event.ResourceStatus === 'CREATE_FAILED');
  expect(failure?.ResourceStatusReason).toContain(
    "must be greater than or equal to 30 for storageClass 'STANDARD_IA'",
  );
});

test.each([
  [
    'attached',
    (RoleName: string, PolicyArn: string) => iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn })),
    (RoleName: string, PolicyArn: string) => iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })),
  ],
  [
    'the boundary',
    (RoleName: string, PermissionsBoundary: string) =>
      iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary })),
    (RoleName: string) => iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })),
  ],
])(
  'a policy that is %s of a role elsewhere stays, and says so: the application goes first',
  async (_, use, release) => {
    const TemplateBody = JSON.stringify({
      Resources: {
        Deploy: {
          Type: 'AWS::IAM::ManagedPolicy',
          Properties: {
            ManagedPolicyName: 'used',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [{ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }],
            },
          },
        },
      },
    });
    const Capabilities: Capability[] = ['CAPABILITY_NAMED_IAM'];
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody, Capabilities }));
    expect((await described()).StackStatus).toBe('CREATE_COMPLETE');
    await iam.send(new CreateRoleCommand({ RoleName: 'elsewhere', AssumeRolePolicyDocument: '{}' }));
    const PolicyArn = 'arn:aws:iam::123456789012:policy/used';
    await use('elsewhere', PolicyArn);

    await cloudFormation.send(new DeleteStackCommand({ StackName }));
    expect((await described()).StackStatus).toBe('DELETE_FAILED');
    const failure = (await events()).find((event) => event.LogicalResourceId === 'Deploy');
    expect(failure?.ResourceStatusReason).toContain('Cannot delete a policy attached to entities.');

    await release('elsewhere', PolicyArn);
    await cloudFormation.send(new DeleteStackCommand({ StackName }));
    await expect(described()).rejects.toThrow('does not exist');
    await iam.send(new DeleteRoleCommand({ RoleName: 'elsewhere' }));
  },
);

describe('a stack with a service role', () => {
  async function role(name: string, ...actions: string[]): Promise<string> {
    const document = (statement: object): string =>
      JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
    const { Role } = await iam.send(
      new CreateRoleCommand({
        RoleName: name,
        AssumeRolePolicyDocument: document({
          Principal: { Service: 'cloudformation.amazonaws.com' },
          Action: 'sts:AssumeRole',
        }),
      }),
    );
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: name,
        PolicyName: 'deploy',
        PolicyDocument: document({ Action: actions, Resource: '*' }),
      }),
    );
    return Role?.Arn ?? '';
  }

  const TemplateBody = JSON.stringify({
    Resources: { Images: { Type: 'AWS::ECR::Repository', Properties: { RepositoryName: 'by-role' } } },
  });

  test('may do what its role may, and no more, though an administrator asks', async () => {
    const RoleARN = await role('too-little', 's3:*');
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody, RoleARN }));
    expect((await described()).StackStatus).toBe('ROLLBACK_COMPLETE');
    const failure = (await events()).find((event) => event.ResourceStatus === 'CREATE_FAILED');
    expect(failure?.ResourceStatusReason).toBe(
      'Resource handler returned message: "User: arn:aws:sts::123456789012:assumed-role/too-little/AWSCloudFormation is not authorized to perform: ecr:CreateRepository on resource: arn:aws:ecr:us-east-1:123456789012:repository/by-role because no identity-based policy allows the ecr:CreateRepository action" (HandlerErrorCode: AccessDenied)',
    );
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}));
    expect(repositories).toEqual([]);
  });

  test('is made with what the role has', async () => {
    const RoleARN = await role('enough', 'ecr:*');
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody, RoleARN }));
    expect((await described()).StackStatus).toBe('CREATE_COMPLETE');
    const { StackResources } = await cloudFormation.send(new DescribeStackResourcesCommand({ StackName }));
    expect(StackResources?.map(({ PhysicalResourceId }) => PhysicalResourceId)).toEqual(['by-role']);
  });

  test('of which the role is gone cannot be deleted, and does not look as if an update had been rolled back', async () => {
    const RoleARN = await role('gone-later', 'ecr:*');
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody, RoleARN }));
    await described();
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'gone-later', PolicyName: 'deploy' }));
    await iam.send(new DeleteRoleCommand({ RoleName: 'gone-later' }));

    await cloudFormation.send(new DeleteStackCommand({ StackName }));
    expect((await described()).StackStatus).toBe('DELETE_FAILED');
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { EmulatedAws } from '../../../tools/simulator/emulated-aws';
import { Faults } from '../../../tools/simulator/faults';
import { evaluate } from '../../../tools/iam/evaluate';
import type { DeployRole } from '../../../tools/simulator/iam/deploy-role';
import { type PolicyDocument, type Statement, statementsOf } from '../../../tools/iam/policy';
import { synthesizeExample } from '../../lib/example-template';
import { HERE, resolved, type TemplateJson } from '../../lib/resolved';
import { synthesize } from '../../lib/synthesized';

const STACK = 'MangooStack';
const ROLE = `arn:aws:iam::${HERE.account}:role/cdk-mangoo-cfn-exec-role`;

let directory: string;
let aws: EmulatedAws;
let iam: IAMClient;
/** As a build of the application. */
let cloudFormation: CloudFormationClient;
/** The policies of mangoo-deploy, by name. */
let documents: Readonly<Record<string, PolicyDocument>>;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'mangoo-deploy-role-test-'));
  aws = await EmulatedAws.start({
    account: HERE.account,
    region: HERE.region,
    directory,
    faults: new Faults(),
    env: process.env,
    signal: new AbortController().signal,
    log: () => undefined,
  });
  const options = { endpoint: aws.url, region: HERE.region, maxAttempts: 1 };
  iam = new IAMClient({ ...options, credentials: aws.administrator.credentials });
  const ssm = new SSMClient({ ...options, credentials: aws.administrator.credentials });
  const build = aws.sessions.issue({
    arn: `arn:aws:iam::${HERE.account}:user/build`,
    phase: () => 'POST_BUILD',
  });
  cloudFormation = new CloudFormationClient({ ...options, credentials: build.credentials });
  await ssm.send(
    new PutParameterCommand({ Name: '/cdk-bootstrap/mangoo/version', Value: '31', Type: 'String' }),
  );
  documents = deployPolicies();
  await makeRole();
});

afterAll(async () => {
  await aws.stop();
  await rm(directory, { recursive: true, force: true });
});

function deployPolicies(): Record<string, PolicyDocument> {
  const { template } = synthesize();
  const json = template.toJSON() as TemplateJson;
  return Object.fromEntries(
    Object.values(template.findResources('AWS::IAM::ManagedPolicy')).map(({ Properties }) => {
      const { ManagedPolicyName, PolicyDocument } = Properties as Record<string, unknown>;
      return [ManagedPolicyName as string, resolved(json, PolicyDocument) as PolicyDocument];
    }),
  );
}

/** As `cdk bootstrap --cloudformation-execution-policies` makes it. */
async function makeRole(): Promise<void> {
  const trust = {
    Effect: 'Allow',
    Principal: { Service: 'cloudformation.amazonaws.com' },
    Action: 'sts:AssumeRole',
  };
  const RoleName = ROLE.split('/')[1];
  await iam.send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
    }),
  );
  for (const [PolicyName, document] of Object.entries(documents)) {
    await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: JSON.stringify(document) }));
    if (PolicyName.endsWith('-boundary')) continue;
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: policyArn(PolicyName) }));
  }
}

const policyArn = (name: string): string => `arn:aws:iam::${HERE.account}:policy/${name}`;

/** The whole policies again, but for one action. */
async function grantWithout(action?: string): Promise<void> {
  for (const [name, document] of Object.entries(documents)) {
    if (name.endsWith('-boundary')) continue;
    const statements = statementsOf(document).map((one): Statement => ({
      ...one,
      Action: [one.Action ?? []].flat().filter((granted) => granted !== action),
    }));
    await iam.send(
      new CreatePolicyVersionCommand({
        PolicyArn: policyArn(name),
        PolicyDocument: JSON.stringify({
          ...document,
          Statement: statements.filter(({ Action }) => Action?.length),
        }),
        SetAsDefault: true,
      }),
    );
  }
}

/** Of a registry elsewhere, whose images are taken on trust: pulling them is another test's. */
function example(more: object = {}): string {
  const template = JSON.parse(
    JSON.stringify(synthesizeExample(), (key, value: unknown) =>
      key === 'Image' ? `registry.example/app@sha256:${'a'.repeat(64)}` : value,
    ),
  ) as TemplateJson;
  return JSON.stringify({ ...template, Resources: { ...template.Resources, ...more } });
}

async function deployed(TemplateBody: string): Promise<{ status: string; failed: StackEvent[] }> {
  const send = { StackName: STACK, TemplateBody, RoleARN: ROLE, Capabilities: ['CAPABILITY_IAM' as const] };
  await cloudFormation.send(new CreateStackCommand(send));
  // It answers when the operation has settled, or after a while.
  for (;;) {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: STACK }));
    const status = Stacks?.[0]?.StackStatus ?? '';
    if (status.endsWith('_IN_PROGRESS')) continue;
    const { StackEvents } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName: STACK }));
    const failed = (StackEvents ?? []).filter(({ ResourceStatus }) => ResourceStatus === 'CREATE_FAILED');
    return { status, failed };
  }
}

async function deleted(): Promise<void> {
  await cloudFormation.send(new DeleteStackCommand({ StackName: STACK, RoleARN: ROLE }));
  for (;;) {
    const gone = await cloudFormation.send(new DescribeStacksCommand({ StackName: STACK })).then(
      () => false,
      () => true,
    );
    if (gone) return;
  }
}

function report(): Promise<DeployRole | undefined> {
  return aws.authorizer.deployRole(aws.deployRoles);
}

test('no build has deployed: there is nothing to say about a deployment role', async () => {
  expect(await report()).toBeUndefined();
});

test("the example's deployment lacks nothing of mangoo-deploy, and every type of it was judged", async () => {
  expect(await deployed(example())).toEqual({ status: 'CREATE_COMPLETE', failed: [] });

  const told = await report();
  expect(told).toMatchObject({ role: 'cdk-mangoo-cfn-exec-role', lacks: [], notJudged: [] });
  // What is there for the next deployment of the application, and for nothing in this one.
  expect(told?.tooMuch).toContain('ec2:AssociateAddress');
  expect(told?.tooMuch).not.toContain('rds:CreateDBCluster');
  // Not for a resource, but for the template: the version of the bootstrap.
  expect(told?.tooMuch).not.toContain('ssm:GetParameters');
  await deleted();
});

test("the minimal policy of the example's deployment allows all its calls again, and nothing of another stack", async () => {
  const use = (await aws.authorizer.principals()).find(({ roleArn }) => roleArn === ROLE);
  const minimal = { identity: [{ name: 'minimal', document: use?.minimalPolicy ?? { Statement: [] } }] };
  const principal = { arn: `${ROLE}/AWSCloudFormation`, roleArn: ROLE, account: HERE.account };
  const calls = aws.ledger.judgements().filter(({ roleArn }) => roleArn === ROLE);
  const refused = calls.filter(({ call: { action, resource }, context }) => {
    return !evaluate({ action, resource, context, principal }, minimal).allowed;
  });

  expect(calls.length).toBeGreaterThan(20);
  expect(refused).toEqual([]);
  expect(use?.phases.map(({ phase, denied }) => [phase, denied])).toEqual([['POST_BUILD', []]]);
  const others = calls
    .map(({ call, context }) => ({ ...call, context, principal }))
    .filter(({ resource }) => resource.includes(STACK))
    .map((call) => ({ ...call, resource: call.resource.replaceAll(STACK, 'OtherStack') }));
  expect(others.length).toBeGreaterThan(5);
  expect(others.filter((other) => evaluate(other, minimal).allowed)).toEqual([]);
});

test('a type whose permissions nobody wrote down is said to be not judged, and goes on', async () => {
  const more = { Group: { Type: 'AWS::ResourceGroups::Group', Properties: { Name: 'x' } } };
  expect(await deployed(example(more))).toMatchObject({ status: 'CREATE_COMPLETE' });

  expect(await report()).toMatchObject({ lacks: [], notJudged: ['AWS::ResourceGroups::Group'] });
  await deleted();
});

test("a role that may not describe stacks reads no other stack's output: nothing is begun", async () => {
  const network = {
    Resources: { Group: { Type: 'AWS::ResourceGroups::Group', Properties: { Name: 'x' } } },
    Outputs: { Vpc: { Value: 'vpc-0a1b' } },
  };
  await cloudFormation.send(
    new CreateStackCommand({ StackName: 'MangooNetwork', TemplateBody: JSON.stringify(network) }),
  );
  const read = { 'Fn::GetStackOutput': { StackName: 'MangooNetwork', OutputName: 'Vpc' } };
  const more = { Group: { Type: 'AWS::ResourceGroups::Group', Properties: { Name: read } } };

  const { status, failed } = await deployed(example(more));

  expect([status, failed]).toEqual(['ROLLBACK_COMPLETE', []]);
  const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: STACK }));
  expect(Stacks?.[0]?.StackStatusReason).toContain(
    'is not authorized to perform: cloudformation:DescribeStacks on resource: arn:aws:cloudformation:us-east-1:111122223333:stack/MangooNetwork/new',
  );
  await deleted();
});

test('an action taken from mangoo-deploy fails exactly the resource that needs it, and the event says what to add', async () => {
  await grantWithout('rds:CreateDBSubnetGroup');
  const { status, failed } = await deployed(example());

  expect(status).toBe('ROLLBACK_COMPLETE');
  expect(failed.map(({ ResourceType }) => ResourceType)).toEqual(['AWS::RDS::DBSubnetGroup']);
  const reason = failed[0]?.ResourceStatusReason ?? '';
  expect(reason).toMatch(
    /^Resource handler returned message: "User: arn:aws:sts::\d+:assumed-role\/cdk-mangoo-cfn-exec-role\/AWSCloudFormation is not authorized to perform: rds:CreateDBSubnetGroup on resource: arn:aws:rds:us-east-1:\d+:subgrp:mangoostack-\S+ because no identity-based policy allows the rds:CreateDBSubnetGroup action/,
  );
  expect(reason).toContain('(HandlerErrorCode: AccessDenied)');
  const statement = {
    Effect: 'Allow',
    Action: 'rds:CreateDBSubnetGroup',
    Resource: expect.stringMatching(/^arn:aws:rds:us-east-1:\d+:subgrp:mangoostack-.*-\*$/) as string,
  };
  expect(JSON.parse(/\{.*\}/.exec(reason)?.[0] ?? '')).toEqual(statement);
  expect((await report())?.lacks).toEqual([
    expect.objectContaining({
      type: 'AWS::RDS::DBSubnetGroup',
      handler: 'create',
      action: 'rds:CreateDBSubnetGroup',
      statement,
    }),
  ]);
});

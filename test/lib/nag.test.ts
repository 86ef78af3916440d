import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import dockerServer from '../../config/examples/docker-server';
import existingVpc from '../../config/examples/existing-vpc';
import registryCache from '../../config/examples/registry-cache';
import s3Cache from '../../config/examples/s3-cache';
import newVpc from '../../config/examples/vpc';
import mangoo from '../../config/mangoo';
import { OFF, ON, type Synthesized, synthesize } from './synthesized';

const CONNECTION =
  'arn:aws:codeconnections:us-east-1:111122223333:connection/01234567-89ab-cdef-0123-456789abcdef';

let variants: Readonly<Record<string, Synthesized>>;

beforeAll(() => {
  // CDK prints the warning of a VPC without a way to the internet.
  const printed = jest.spyOn(console, 'error').mockImplementation();
  variants = {
    'environment-agnostic': synthesize(),
    'in an account and region': synthesize({ env: { account: '111122223333', region: 'eu-west-1' } }),
    'with a connection': synthesize({
      config: { github: { owner: 'jhonmezaa', repo: 'mangoo', connectionArn: CONNECTION } },
    }),
    'several stacks': synthesize({
      config: { application: { ...mangoo.application, stacks: ['MangooNetwork', 'MangooStack'] } },
    }),
    'everything off': synthesize({ config: OFF }),
    'everything on': synthesize({ config: ON }),
    'notifications alone': synthesize({ config: { ...OFF, notifications: {} } }),
    'notifications to Slack alone': synthesize({
      config: { ...OFF, notifications: { slack: ON.notifications?.slack } },
    }),
    'monitoring alone': synthesize({ config: { ...OFF, monitoring: ON.monitoring } }),
    'image scans alone': synthesize({ config: { ...OFF, imageScan: ON.imageScan } }),
    'debug sessions alone': synthesize({ config: { ...OFF, build: ON.build } }),
    'pull requests alone': synthesize({ config: { ...OFF, pullRequests: {} } }),
    'pull requests with a connection': synthesize({
      config: {
        github: { owner: 'jhonmezaa', repo: 'mangoo', connectionArn: CONNECTION },
        pullRequests: {},
      },
    }),
    'a cache in S3': synthesize({ config: s3Cache }),
    'layers in a registry': synthesize({ config: registryCache }),
    'a VPC of its own': synthesize({ config: newVpc }),
    'a Docker server': synthesize({ config: dockerServer }),
    'a Docker server in a VPC': synthesize({
      config: { ...newVpc, build: { ...newVpc.build, dockerServer: 'SMALL' } },
    }),
    'a VPC that exists': synthesize({ config: existingVpc }),
    'a VPC without a way to the internet': synthesize({ config: { vpc: { egress: 'endpoints' } } }),
  };
  printed.mockRestore();
});

function findings({ app }: Synthesized): string[] {
  return new AwsSolutionsChecks(app)
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
    );
}

function acknowledged(scope: IConstruct): { at: string; id: string; reason: string }[] {
  return scope.node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) =>
        Object.entries(data as Record<string, string>).map(([id, reason]) => ({
          at: construct.node.path,
          id: id.replace(/^annotation::/i, ''),
          reason,
        })),
      ),
  );
}

// cdk-nag 3 compares whole ids: each wildcard is a finding of its own, `AwsSolutions-IAM5[Resource::…]`, and an
// acknowledgement of `AwsSolutions-IAM5` silences none of them.
test.each([
  'environment-agnostic',
  'in an account and region',
  'several stacks',
  'with a connection',
  'everything off',
  'everything on',
  'notifications alone',
  'notifications to Slack alone',
  'monitoring alone',
  'image scans alone',
  'debug sessions alone',
  'pull requests alone',
  'pull requests with a connection',
  'a cache in S3',
  'a VPC of its own',
  'a Docker server',
  'a Docker server in a VPC',
  'a VPC that exists',
  'a VPC without a way to the internet',
])('the AWS Solutions rules have nothing to say that was not answered (%s)', (variant) => {
  const synthesized = variants[variant];

  expect(synthesized && findings(synthesized)).toEqual([]);
});

test('every answer says why, where the resource is defined and not for a whole stack', () => {
  const { stack, app } = synthesize({ config: ON });
  const answers = acknowledged(app).filter(({ id }) => id.startsWith('AwsSolutions-'));

  expect(answers.length).toBeGreaterThan(0);
  expect(answers.filter(({ reason }) => reason.split(' ').length < 8)).toEqual([]);
  expect(answers.filter(({ at }) => at === '' || at === stack.node.path)).toEqual([]);
});

import { noEnvironment } from '../../../tools/preflight/rules/no-environment';
import { example } from '../example';
import { type Handmade, handmade } from '../model/handmade';

const zone = (index: number): object => ({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] });
const AGNOSTIC: Handmade = {
  region: undefined,
  account: undefined,
  bootstrap: { qualifier: 'hnb659fds', roles: [] },
  resources: { Subnet: { Type: 'AWS::EC2::Subnet', Properties: { AvailabilityZone: zone(0) } } },
};

function said(stack: Handmade, code = "import { App } from 'aws-cdk-lib';\nnew App();\n"): string[] {
  const model = { ...example({ files: { 'cdk/bin/app.ts': code } }), stacks: handmade({ Net: stack }) };
  return [...noEnvironment.check(model)].map(({ level, message }) => `${level} ${message}`);
}

test('a network whose app never says where it goes is told: it gets two zones, in whatever region', () => {
  expect(said(AGNOSTIC)).toEqual([expect.stringMatching(/^warning Net has no region/)]);
});

test('nothing is said where the code names an environment, although it was not set here', () => {
  const code =
    "import { App } from 'aws-cdk-lib';\nnew Net(app, 'Net', { env: { region: process.env.REGION } });";
  expect(said(AGNOSTIC, code)).toEqual([]);
});

test('nothing is said of a known region, a stack without a network, and a template that is not of the CDK', () => {
  expect(said({ ...AGNOSTIC, region: 'eu-west-1' })).toEqual([]);
  expect(said({ ...AGNOSTIC, resources: { Topic: { Type: 'AWS::SNS::Topic' } } })).toEqual([]);
  expect(said({ ...AGNOSTIC, bootstrap: undefined })).toEqual([]);
});

import { synthesizeExample } from './example-template';
import { HERE, resolved, type TemplateJson } from './resolved';

const THERE = { ...HERE, account: '444455556666', region: 'eu-west-1', stack: 'MangooStack-Prod' };

let guide: TemplateJson;
let elsewhere: TemplateJson;

beforeAll(() => {
  guide = synthesizeExample();
  elsewhere = synthesizeExample({
    CDK_STACK_NAME: THERE.stack,
    ECS_CLUSTER: 'mangoo-prod',
    PERMISSIONS_BOUNDARY: 'mangoo-deploy-prod-boundary',
    TARGET_ACCOUNT: THERE.account,
    TARGET_REGION: THERE.region,
  });
});

/** One property of each resource of a type. */
function each(template: TemplateJson, type: string, property: string, place = HERE): unknown[] {
  return Object.values(template.Resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => resolved(template, Properties?.[property], place));
}

function images(template: TemplateJson): unknown[] {
  const tasks = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::ECS::TaskDefinition');
  return tasks
    .flatMap(({ Properties }) => Properties?.ContainerDefinitions as { Image: unknown }[])
    .map(({ Image }) => resolved(template, Image));
}

const IMAGES = ['backend', 'frontend'].map(
  (name) => `${HERE.account}.dkr.ecr.us-east-1.amazonaws.com/mangoo-${name}@sha256:${'a'.repeat(64)}`,
);

test("without an environment's variables the example has the guide's names, and cdk.json's boundary", () => {
  expect(each(guide, 'AWS::ECS::Cluster', 'ClusterName')).toEqual(['mangoo-cluster']);
  const boundaries = new Set(each(guide, 'AWS::IAM::Role', 'PermissionsBoundary'));
  expect([...boundaries]).toEqual([`arn:aws:iam::${HERE.account}:policy/mangoo-deploy-boundary`]);
});

test("an environment's variables name its cluster, and bind every role by its boundary: another one may not be used", () => {
  expect(each(elsewhere, 'AWS::ECS::Cluster', 'ClusterName')).toEqual(['mangoo-prod']);
  const roles = each(elsewhere, 'AWS::IAM::Role', 'PermissionsBoundary', THERE);
  expect(roles.length).toBeGreaterThan(3);
  expect([...new Set(roles)]).toEqual([`arn:aws:iam::${THERE.account}:policy/mangoo-deploy-prod-boundary`]);
});

test('the image is the one that the build pushed, in its account and region, wherever it is deployed', () => {
  expect(images(guide)).toEqual(IMAGES);
  expect(images(elsewhere)).toEqual(IMAGES);
});

test('tasks elsewhere may pull from there', () => {
  const documents = each(elsewhere, 'AWS::IAM::Policy', 'PolicyDocument', THERE) as {
    Statement: { Action: unknown; Resource: unknown }[];
  }[];
  const pulls = documents
    .flatMap(({ Statement }) => Statement)
    .filter(({ Action }) => JSON.stringify(Action).includes('ecr:BatchGetImage'))
    .flatMap(({ Resource }) => Resource);

  expect([...new Set(pulls)].sort()).toEqual([
    `arn:aws:ecr:us-east-1:${HERE.account}:repository/mangoo-backend`,
    `arn:aws:ecr:us-east-1:${HERE.account}:repository/mangoo-frontend`,
  ]);
});

test('nothing is looked up where the account is known: a build has no role for lookups', () => {
  const zones = Object.values(elsewhere.Resources).filter(({ Type }) => Type === 'AWS::EC2::Subnet');

  expect(zones).toHaveLength(4);
  for (const { Properties } of zones) {
    expect(Properties?.AvailabilityZone).toEqual({
      'Fn::Select': [expect.any(Number), { 'Fn::GetAZs': '' }],
    });
  }
});

test('the names of its task definitions and secret are those that deployments of its environment may make', () => {
  const [family] = each(elsewhere, 'AWS::ECS::TaskDefinition', 'Family', THERE);

  // CDK leaves out the hyphen.
  expect(family).toMatch(/^MangooStackProd/);
  expect(each(elsewhere, 'AWS::SecretsManager::Secret', 'Name', THERE)).toEqual([
    'mangoo-app/MangooStack-Prod/database',
  ]);
});

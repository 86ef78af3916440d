import fc from '../../drawn-inputs';
import { RULES } from '../../../tools/preflight/rules';
import { example } from '../example';
import { handmade } from '../model/handmade';

/** Keys that rules look up, so that what is generated lies where they look. */
const KEYS = [
  'Type',
  'Name',
  'Ref',
  'Source',
  'Auth',
  'BuildSpec',
  'Triggers',
  'Webhook',
  'FilterGroups',
  'Pattern',
  'Environment',
  'EnvironmentVariables',
  'Cache',
  'Modes',
  'Policies',
  'PolicyDocument',
  'Statement',
  'Action',
  'Resource',
  'Condition',
  'Principal',
  'AssumeRolePolicyDocument',
  'ServiceRole',
  'Stages',
  'Actions',
  'Configuration',
  'ContainerDefinitions',
  'Image',
  'LifecycleConfiguration',
  'Rules',
  'Transitions',
  'ServiceToken',
  'Targets',
  'LifecyclePolicy',
  'LogsConfig',
];
const TYPES = [
  'AWS::CodeBuild::Project',
  'AWS::CodePipeline::Pipeline',
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
  'AWS::S3::Bucket',
  'AWS::ECR::Repository',
  'AWS::ECS::Service',
  'AWS::ECS::TaskDefinition',
  'AWS::Events::Rule',
  'AWS::Logs::LogGroup',
  'AWS::EC2::Subnet',
  'Custom::Thing',
];

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      1e9,
      '',
      '*',
      'PUSH',
      '(',
      '‹',
      'LOCAL',
      'arn:aws:iam::1:role/x',
      'https://',
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 4 }),
  ),
}));

test('a template with anything in any place is judged without complaint: no rule trips over it', () => {
  const resource = fc.record({
    Type: fc.constantFrom(...TYPES),
    Properties: fc.oneof(value, fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 8 })),
    DeletionPolicy: value,
    DependsOn: value,
    Metadata: value,
  });
  const base = example();
  fc.assert(
    fc.property(fc.array(resource, { maxLength: 6 }), (resources) => {
      const template = { Resources: Object.fromEntries(resources.map((one, i) => [`R${i}`, one])) };
      const model = example({ application: template.Resources });
      const stacks = handmade({ Any: { template } });
      for (const rule of RULES) {
        for (const found of [...rule.check(model), ...rule.check({ ...base, stacks })]) {
          expect(found.message).not.toMatch(/\n|undefined|\[object/);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test.each(RULES.map((rule) => [rule.id, rule] as const))(
  '%s finds nothing in the healthy example',
  (_id, rule) => {
    expect([...rule.check(example())]).toEqual([]);
  },
);

import type { SourceTree } from '../model/source-tree';
import type { Rule } from '../rule';

const CODE = /\.(ts|js|mjs|cjs|py|java|cs|go)$/;
const TESTS = /(^|\/)tests?\//;

export const noEnvironment: Rule = {
  id: 'F64',
  name: 'no-environment',
  title: 'A stack with a network of its own does not say where it goes',
  cause:
    'without env, the CDK knows neither the region nor its availability zones: it makes subnets in two, can look nothing up, and the stack goes wherever whoever deploys happens to be',
  fix: "give the stack its env: new MyStack(app, 'MyStack', { env: { account: '…', region: '…' } })",
  link: 'https://docs.aws.amazon.com/cdk/v2/guide/environments.html',
  *check({ stacks, source }) {
    let isSaid: boolean | undefined;
    for (const { name, region, bootstrap, resources } of stacks) {
      // A template that the CDK did not make is written for any region.
      if (!bootstrap || region !== undefined) continue;
      const subnet = resources.find(
        ({ type, raw }) =>
          type === 'AWS::EC2::Subnet' && JSON.stringify(raw.AvailabilityZone)?.includes('Fn::GetAZs'),
      );
      // One that takes its region from a variable has none while the variable is not set.
      if (!subnet || (isSaid ??= saysEnvironment(source))) continue;
      yield {
        level: 'warning',
        place: subnet.place,
        message: `${name} has no region: its VPC has two availability zones at most, and it is made wherever it is deployed from`,
      };
    }
  },
};

/** Whether the app's code names an environment at all; so it does, for all that is known, where the app is not here. */
function saysEnvironment(source: SourceTree): boolean {
  const code = [...source.files.keys()]
    .filter((file) => CODE.test(file) && !TESTS.test(file))
    .map((file) => source.read(file) ?? '')
    .filter((text) => text.includes('aws-cdk') || text.includes('aws_cdk') || text.includes('awscdk'));
  return !code.length || code.some((text) => /\benv\b|region/i.test(text));
}

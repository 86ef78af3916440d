import type { Rule } from '../rule';

/**
 * What the CDK puts where it could not look up.
 * https://github.com/aws/aws-cdk/tree/main/packages/aws-cdk-lib — the `dummyValue` of each context provider
 */
const DUMMIES = /"(dummy1[a-z]|vpc-12345|ami-1234|dummy-value-for-[^"]+)"|"HostedZoneId":"(DUMMY)"/;

export const dummyLookup: Rule = {
  id: 'F62',
  name: 'dummy-lookup',
  title: 'A template has a placeholder of the CDK in place of a value',
  awsError:
    'Value (dummy1a) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: …',
  cause:
    'what synth looks up in the account stands in cdk.context.json; without that file, and without access to the account, the CDK puts placeholders',
  fix: 'run cdk synth once with access to the account, and commit cdk.context.json',
  link: 'https://docs.aws.amazon.com/cdk/v2/guide/context.html',
  *check({ stacks, source }) {
    const contexts = [...source.files.keys()].filter((file) => /(^|\/)cdk\.context\.json$/.test(file));
    for (const stack of stacks) {
      const found = stack.resources
        .map((resource) => ({ resource, match: DUMMIES.exec(JSON.stringify(resource.raw)) }))
        .map(({ resource, match }) => ({ resource, dummy: match?.[1] ?? match?.[2] }))
        .find(({ dummy }) => dummy !== undefined);
      if (found?.dummy === undefined) continue;
      const ignored = source.ignoredBy('cdk.context.json');
      yield {
        level: 'warning',
        place: found.resource.place,
        message: `${stack.name} has ${found.dummy}, which the CDK puts where it could not look up${contexts.length ? '' : '; git has no cdk.context.json'}${ignored === undefined ? '' : ` (ignored by ${ignored})`}`,
        awsError: found.dummy.startsWith('dummy1')
          ? `Value (${found.dummy}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: …`
          : undefined,
        fix:
          ignored === undefined
            ? undefined
            : `take the rule out of ${ignored.split(':')[0]}, run cdk synth with access to the account, and commit cdk.context.json`,
      };
    }
  },
};

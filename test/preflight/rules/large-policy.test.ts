import { largePolicy } from '../../../tools/preflight/rules/large-policy';
import { said } from '../example';

/** A document of exactly so many characters. */
function document(size: number, resource: unknown = 'arn:aws:s3:::'): object {
  const empty = { Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: resource, Sid: '' }] };
  const left = size - JSON.stringify(empty).length;
  return { Statement: [{ ...empty.Statement[0], Sid: 'x'.repeat(left) }] };
}
const inline = (...sizes: readonly number[]): Record<string, unknown> => ({
  Role: {
    Properties: {
      Policies: sizes.map((size, i) => ({ PolicyName: `p${i}`, PolicyDocument: document(size) })),
    },
  },
});
const managed = (PolicyDocument: object): Record<string, unknown> => ({
  Large: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument } },
});

test('inline policies that are too large together are an error, wherever they stand', () => {
  expect(said(largePolicy, { resources: inline(5_000, 5_241) })).toEqual([
    expect.stringMatching(
      /^error .*the inline policies of app-build have at least 10241 characters together, 10240 being/,
    ),
  ]);
  const Policy = {
    Type: 'AWS::IAM::Policy',
    Properties: { PolicyName: 'q', Roles: [{ Ref: 'Role' }], PolicyDocument: document(5_241) },
  };
  expect(said(largePolicy, { resources: { ...inline(5_000), Policy } })).toHaveLength(1);
});

test('a managed policy that is too large is an error', () => {
  expect(said(largePolicy, { resources: managed(document(6_145)) })).toEqual([
    expect.stringContaining('has at least 6145 characters, 6144 being the most'),
  ]);
});

test('nothing is said of policies that just fit, white space not counted', () => {
  expect(said(largePolicy, { resources: inline(5_000, 5_240) })).toEqual([]);
  expect(said(largePolicy, { resources: managed(document(6_144)) })).toEqual([]);
  const spaced = JSON.stringify(document(6_144), null, 8) as unknown as object;
  expect(said(largePolicy, { resources: managed(spaced) })).toEqual([]);
});

test('what only the deployment will know counts for nothing, so that nobody is told of a policy that may fit', () => {
  const Resource = { Ref: 'AVeryLongLogicalIdThatIsNotThere' };
  const sized = document(6_144 + JSON.stringify(Resource).length - 2, Resource);
  expect(said(largePolicy, { resources: managed(sized) })).toEqual([]);
});

import { bucketExists } from '../../../tools/preflight/rules/bucket-exists';
import { said } from '../example';

const bucket = (BucketName?: unknown): Record<string, unknown> => ({
  Type: 'AWS::S3::Bucket',
  Properties: { BucketName },
});
const spec = (command: string): string =>
  `version: 0.2\nphases:\n  build:\n    commands:\n      - ${command}\n`;

test('two buckets of one name in a stack are an error, in two stacks a warning', () => {
  expect(said(bucketExists, { resources: { A: bucket('app-files'), B: bucket('app-files') } })).toEqual([
    expect.stringMatching(/^error .*the bucket app-files is made by A as well$/),
  ]);
  expect(
    said(bucketExists, { resources: { A: bucket('app-files') }, application: { B: bucket('app-files') } }),
  ).toEqual([expect.stringMatching(/^warning .*AppStack/)]);
});

test.each(['aws s3 mb s3://app-files', 'aws s3api create-bucket --bucket app-files'])(
  '%s in a build whose stacks make the bucket, too, is told',
  (command) => {
    expect(said(bucketExists, { buildspec: spec(command), application: { A: bucket('app-files') } })).toEqual(
      ['warning buildspec.yml:5 the bucket app-files is made here, and by AppStack as well'],
    );
    expect(
      said(bucketExists, { buildspec: spec(command), application: { A: bucket('other-files') } }),
    ).toEqual([]);
  },
);

test('a named bucket that stays when the first deployment fails is told, because the second trips over it', () => {
  const kept = (name: unknown, DeletionPolicy: string): string[] =>
    said(bucketExists, { resources: { A: { ...bucket(name), DeletionPolicy } } });
  expect(kept('app-files', 'Retain')).toEqual([
    expect.stringMatching(/^warning .*DeletionPolicy: Retain keeps the bucket app-files when the first/),
  ]);
  expect(kept('app-files', 'RetainExceptOnCreate')).toEqual([]);
  expect(kept(undefined, 'Retain')).toEqual([]);
});

test('nothing is said of a fixed name, of generated names, or of names that differ by stage', () => {
  expect(said(bucketExists, { resources: { A: bucket('app-files') } })).toEqual([]);
  expect(said(bucketExists, { resources: { A: bucket(), B: bucket() } })).toEqual([]);
  const unknown = { 'Fn::Sub': 'files-${Stage}' };
  expect(said(bucketExists, { resources: { A: bucket(unknown), B: bucket(unknown) } })).toEqual([]);
});

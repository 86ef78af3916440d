import s3Cache from '../../config/examples/s3-cache';
import mangoo from '../../config/mangoo';
import { all, type PolicyDocument, surprises } from './decision';
import { HERE, resolved, type TemplateJson } from './resolved';
import { annotations, only, type Synthesized, synthesize } from './synthesized';

const BUCKET = `arn:aws:s3:::mangoo-cache-${HERE.account}`;
const MINE = `${BUCKET}/mangoo-build-deploy/0a1b/downloads`;

let inS3: Synthesized;
let local: Synthesized;

beforeAll(() => {
  inS3 = synthesize({ config: s3Cache });
  local = synthesize();
});

function cacheOf({ template }: Synthesized): unknown {
  const { Properties } = only(template, 'AWS::CodeBuild::Project');
  return resolved(template.toJSON() as TemplateJson, Properties.Cache);
}

function policies({ template }: Synthesized): { name: string; document: PolicyDocument }[] {
  const { Properties } = only(template, 'AWS::IAM::Role', { RoleName: 'mangoo-build-deploy-role' });
  const { Policies } = resolved(template.toJSON() as TemplateJson, Properties) as {
    Policies: { PolicyName: string; PolicyDocument: PolicyDocument }[];
  };
  return Policies.map(({ PolicyName, PolicyDocument }) => ({ name: PolicyName, document: PolicyDocument }));
}

describe('a cache in S3', () => {
  test('lies in a bucket of its own, under the name of the project', () => {
    expect(cacheOf(inS3)).toEqual({
      Type: 'S3',
      Location: `mangoo-cache-${HERE.account}/mangoo-build-deploy`,
    });
    expect(annotations(inS3.stack)).toEqual([]);
  });

  test('of another environment lies in another bucket, so that neither writes what the other runs', () => {
    const dev = synthesize({ config: s3Cache, environment: { name: 'dev' } });

    expect(cacheOf(dev)).toMatchObject({ Location: `mangoo-cache-dev-${HERE.account}/mangoo-build-dev` });
  });

  test('is forgotten after 14 days, encrypted, private, and reached by TLS alone', () => {
    const { template } = inS3;
    const { id, Properties } = only(template, 'AWS::S3::Bucket', {
      BucketName: { 'Fn::Join': ['', ['mangoo-cache-', { Ref: 'AWS::AccountId' }]] },
    });

    expect(Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: {
        Rules: [
          {
            Status: 'Enabled',
            ExpirationInDays: 14,
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
          },
        ],
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: id },
      PolicyDocument: {
        Statement: [{ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
      },
    });
  });

  test('needs no function that may delete objects, and never keeps the stack from being deleted', () => {
    const buckets = Object.values(inS3.template.findResources('AWS::S3::Bucket'));

    expect(buckets.map(({ DeletionPolicy }) => String(DeletionPolicy))).toEqual([
      'RetainExceptOnCreate',
      'RetainExceptOnCreate',
    ]);
    expect(inS3.text).not.toMatch(/Custom::|s3:DeleteObject/);
  });

  test('a build may read and write, and look for the nearest former one', async () => {
    const given = policies(inS3);

    expect(given.map(({ name }) => name)).toContain('cache');
    expect(
      await surprises(
        'allowed',
        given.map(({ document }) => document),
        [...all(['s3:GetObject', 's3:PutObject'], MINE), ...all(['s3:ListBucket'], BUCKET)],
      ),
    ).toEqual([]);
  });

  test('a build may neither delete nor share, nor reach another project’s or what is beside it', async () => {
    expect(
      await surprises(
        'denied',
        policies(inS3).map(({ document }) => document),
        [
          ...all(['s3:DeleteObject', 's3:GetObjectAcl', 's3:PutObjectAcl'], MINE),
          ...all(
            ['s3:GetObject', 's3:PutObject'],
            `${BUCKET}/elsewhere`,
            `${BUCKET}/mangoo-build-deploy-2/downloads`,
            `${BUCKET}/other/mangoo-build-deploy/downloads`,
            `${BUCKET.replace('-cache', '-cache-dev')}/mangoo-build-dev/downloads`,
          ),
          ...all(
            ['s3:DeleteBucket', 's3:PutBucketPolicy', 's3:PutLifecycleConfiguration', 's3:GetBucketPolicy'],
            BUCKET,
          ),
        ],
      ),
    ).toEqual([]);
  });
});

describe('without it', () => {
  test('the role may touch no such bucket, and there is none', async () => {
    const given = policies(local);

    expect(given.map(({ name }) => name)).not.toContain('cache');
    local.template.resourceCountIs('AWS::S3::Bucket', 1);
    expect(local.text).not.toContain('mangoo-cache');
    expect(
      await surprises(
        'denied',
        given.map(({ document }) => document),
        [...all(['s3:GetObject', 's3:PutObject'], MINE), ...all(['s3:ListBucket'], BUCKET)],
      ),
    ).toEqual([]);
  });
});

describe('where CodeBuild has no local cache', () => {
  test('it is in S3 instead, and whoever deploys is told so once, without a warning', () => {
    const big = synthesize({ config: { build: { ...mangoo.build, computeType: '2XLARGE' } } });

    expect(cacheOf(big)).toEqual(cacheOf(inS3));
    expect(annotations(big.stack)).toEqual([
      "info: build.cache is 'local', which CodeBuild does not have on 2XLARGE: the cache is in S3 instead [ack: mangoo:cache-in-s3]",
    ]);
  });

  test.each(['s3', 'none'] as const)("'%s' is what it says, and nothing is told", (cache) => {
    const { stack, template } = synthesize({
      config: { build: { ...mangoo.build, computeType: '2XLARGE', cache } },
    });

    expect(only(template, 'AWS::CodeBuild::Project').Properties.Cache).toMatchObject({
      Type: cache === 's3' ? 'S3' : 'NO_CACHE',
    });
    expect(annotations(stack)).toEqual([]);
  });
});

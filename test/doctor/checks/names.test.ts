import devAndProd from '../../../config/examples/dev-and-prod';
import mangoo from '../../../config/mangoo';
import { environmentOf } from '../../../lib/environments';
import { namesOf } from '../../../lib/names';
import type { Examined } from '../../../tools/doctor/check';
import { policyNames, takenNames } from '../../../tools/doctor/checks/names';
import { Commands } from '../../../tools/doctor/commands';
import { synthesize } from '../../lib/synthesized';

/** The property that names it, for the types that somebody may have made before, by hand or in another region. */
const NAMED: Readonly<Record<string, string>> = {
  'AWS::CodeBuild::Project': 'Name',
  'AWS::ECR::Repository': 'RepositoryName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::S3::Bucket': 'BucketName',
};

test('every name that the stack gives is looked for, so that none is in its way unseen', async () => {
  const { template } = synthesize({ env: { account: '123456789012', region: 'us-east-1' } });
  interface Resource {
    readonly Type: string;
    readonly Properties?: Readonly<Record<string, unknown>>;
  }
  const { Resources } = template.toJSON() as { Resources: Record<string, Resource> };
  const given = Object.values(Resources).flatMap(({ Type, Properties }) => {
    const name = Properties?.[NAMED[Type] ?? ''];
    // The bucket's is put together by CloudFormation, of the account's number.
    return typeof name === 'string' ? [name] : name === undefined ? [] : ['mangoo-artifacts-123456789012'];
  });
  const names = namesOf('default');
  const account = {
    id: '123456789012',
    region: 'us-east-1',
    stack: () => Promise.resolve(undefined),
    bucket: () => Promise.resolve({ region: 'us-east-1' }),
    logGroup: () => Promise.resolve(true),
    repositories: () => Promise.resolve(new Set(mangoo.images.map(({ repository }) => repository))),
    role: () => Promise.resolve('{}'),
    policies: () => Promise.resolve(new Set(policyNames(names))),
    project: () => Promise.resolve({}),
  };
  const commands = new Commands({ region: 'us-east-1' });

  const environment = environmentOf(mangoo, { name: 'default', branch: 'main' });
  const examined = { account, config: mangoo, environment, names, commands } as unknown as Examined;

  const found = await takenNames(examined);

  const told = [found]
    .flat()
    .map((finding) => finding.found)
    .join(' ');
  expect(given).toHaveLength(11);
  expect(given.filter((name) => !told.includes(name))).toEqual([]);
});

test.each([
  [undefined, ['there already: repository mangoo-backend, repository mangoo-frontend']],
  ['ROLLBACK_COMPLETE', ['there already: repository mangoo-backend, repository mangoo-frontend']],
  ['CREATE_COMPLETE', ['free: bucket, log group, repositories, role, policies, project']],
])(
  'repositories are taken unless the stack that environments share has them: that is %s',
  async (StackStatus, expected) => {
    const [dev] = devAndProd.environments;
    if (!dev) throw new Error('config/examples/dev-and-prod.ts has lost its environments');
    const environment = environmentOf(devAndProd, dev);
    const account = {
      id: '123456789012',
      region: 'us-east-1',
      stack: (name: string) =>
        Promise.resolve(name === 'MangooImagesStack' && StackStatus ? { StackStatus } : undefined),
      bucket: () => Promise.resolve('free'),
      logGroup: () => Promise.resolve(false),
      repositories: () => Promise.resolve(new Set(['mangoo-backend', 'mangoo-frontend'])),
      role: () => Promise.resolve(undefined),
      policies: () => Promise.resolve(new Set()),
      project: () => Promise.resolve(undefined),
    };
    const commands = new Commands({ region: 'us-east-1' });
    const examined = { account, config: devAndProd, environment, names: environment.names, commands };

    const found = [await takenNames(examined as unknown as Examined)].flat();

    expect(found.map((finding) => finding.found)).toEqual(expected);
  },
);

import mangoo from '../../../config/mangoo';
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

  const found = await takenNames({ account, config: mangoo, names, commands } as unknown as Examined);

  const told = [found]
    .flat()
    .map((finding) => finding.found)
    .join(' ');
  expect(given).toHaveLength(11);
  expect(given.filter((name) => !told.includes(name))).toEqual([]);
});

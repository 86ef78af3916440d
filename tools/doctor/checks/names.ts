import { cacheOf } from '../../../lib/cache-kind';
import { imagesOwner } from '../../../lib/environments';
import type { Names } from '../../../lib/names';
import { type Examined, fail, type Finding, ok, together } from '../check';
import { isToBeCreated } from './stacks';

/** The policies that the stack makes: a test compares. */
export function policyNames({ policyPrefix, boundary }: Names): string[] {
  return [boundary, ...['network', 'services', 'identity'].map((part) => `${policyPrefix}-${part}`)];
}

/**
 * What the stack would make, and somebody has made before: CloudFormation fails on each, unless it can take it in.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
 */
export async function takenNames(examined: Examined): Promise<Finding | Finding[]> {
  const { account, config, environment, names, commands } = examined;
  if (!isToBeCreated(await account.stack(names.stack))) return ok('are those of the deployed stack');
  const buckets = [
    { about: 'bucket', bucket: `${names.bucketPrefix}-${account.id}`, content: 'artifacts' },
    ...(cacheOf(config).kind === 's3'
      ? [{ about: 'cache-bucket', bucket: `${names.cacheBucketPrefix}-${account.id}`, content: 'caches' }]
      : []),
  ];
  const notifierLog = `/aws/lambda/${names.notifier}`;
  const [holders, logGroup, hasNotifierLog, repositories, trust, policies, project] = await together(
    together(...buckets.map(({ bucket }) => account.bucket(bucket))),
    account.logGroup(names.logGroup),
    account.logGroup(notifierLog),
    account.repositories(),
    account.role(names.role),
    account.policies(),
    account.project(names.project),
  );
  const taken: Finding[] = [];
  const add = (about: string, found: string, ...fix: string[]): void => {
    taken.push({ about, ...fail(found, ...fix) });
  };
  const kept: string[] = [];
  const renamed =
    '# give the environment another name in the configuration, which becomes the suffix of all names';
  const other = 'perhaps a pipeline of that name in another region';

  buckets.forEach(({ about, bucket, content }, i) => {
    const holder = holders[i] ?? 'free';
    if (holder === 'free') return;
    if (holder === 'taken') return add(about, `the bucket ${bucket} belongs to another account`, renamed);
    const { region = account.region } = holder;
    if (region !== account.region)
      return add(about, `the bucket ${bucket} exists in ${region}: ${other}`, renamed);
    add(
      about,
      `the bucket ${bucket} exists`,
      // Its name has the account's number, which the template takes from CloudFormation: no name that it can take in.
      `# what an earlier deployment has left; copy what you want to keep, this deletes it with all ${content}`,
      commands.aws('s3', 'rb', `s3://${bucket}`, '--force'),
    );
  });
  // Lambda makes it anew when a function that is being deleted writes a last line.
  if (config.notifications && hasNotifierLog) {
    const remove = commands.aws('logs', 'delete-log-group', '--log-group-name', notifierLog);
    add('notifier-log-group', `the log group ${notifierLog} exists`, remove);
  }
  if (logGroup) kept.push(`log group ${names.logGroup}`);
  // They may be those of a stack that is there already.
  const makesRepositories = isToBeCreated(await account.stack(imagesOwner(config).stack));
  for (const { repository } of config.images) {
    if (makesRepositories && repositories.has(repository)) kept.push(`repository ${repository}`);
  }
  if (config.build.registryCache && repositories.has(names.layerCache)) {
    add(
      'layer-cache',
      `the repository ${names.layerCache} exists`,
      '# nothing in it is needed: the next build makes its layers anew',
      commands.aws('ecr', 'delete-repository', '--repository-name', names.layerCache, '--force'),
    );
  }
  if (kept.length) {
    add(
      'kept',
      `there already: ${kept.join(', ')}`,
      '# what an earlier deployment has left, the new stack takes in, with all that is in it',
      commands.cdk('deploy', names.stack, '--import-existing-resources'),
    );
  }
  const region = trust && /:codebuild:([a-z\d-]+):/.exec(trust)?.[1];
  if (region !== undefined && region !== '' && region !== account.region) {
    add('role', `the role ${names.role} exists, for ${region}: ${other}`, renamed);
  } else {
    if (trust !== undefined) {
      const page = `# delete it there: https://console.aws.amazon.com/iam/home#/roles/details/${names.role}`;
      add('role', `the role ${names.role} exists`, page);
    }
    // Elsewhere, the policies are too.
    const made = environment.elsewhere ? [] : policyNames(names);
    for (const policy of made.filter((name) => policies.has(name))) {
      const arn = `arn:aws:iam::${account.id}:policy/${policy}`;
      add(policy, `the policy ${policy} exists`, commands.aws('iam', 'delete-policy', '--policy-arn', arn));
    }
  }
  if (project) {
    const remove = commands.aws('codebuild', 'delete-project', '--name', names.project);
    add('project', `the project ${names.project} exists`, remove);
  }
  return taken.length ? taken : ok('free: bucket, log group, repositories, role, policies, project');
}

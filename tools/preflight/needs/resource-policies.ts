import { isKnown, type Resource } from '../model/stack';
import type { Model } from '../model/model';
import type { Permission } from './need';

/**
 * Whether the resource's own policy might allow what the role's policies do not. Of a resource that a template has with its
 * policies, it is known that none does.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
 */
export function mayBeAllowedByResource({ action, resource }: Permission, model: Model): boolean {
  const [service = ''] = action.split(':');
  if (
    resource === '*' ||
    !WITH_POLICIES.has(service) ||
    /:Create(?:Bucket|Repository|Function|Queue|Topic|Secret|Table)$/.test(action)
  )
    return false;
  const name = nameOf(service, resource);
  const types = DECLARED[service];
  if (name === undefined || types === undefined) return true;
  const resources = model.stacks.flatMap((stack) => stack.resources);
  const declared = resources.find((one) => one.type === types.type && isCalled(one, name, types.named));
  if (!declared) return true;
  if (types.inline && declared.properties[types.inline] !== undefined) return true;
  return resources.some(
    ({ type, raw }) => type === types.policy && JSON.stringify(raw).includes(`"${declared.logicalId}"`),
  );
}

const WITH_POLICIES = new Set([
  'backup',
  'codeartifact',
  'dynamodb',
  'ecr',
  'elasticfilesystem',
  'es',
  'events',
  'glue',
  'kinesis',
  'kms',
  'lambda',
  's3',
  'secretsmanager',
  'sns',
  'sqs',
  'sts',
]);

const DECLARED: Readonly<Record<string, { type: string; named: string; inline?: string; policy?: string }>> =
  {
    ecr: { type: 'AWS::ECR::Repository', named: 'RepositoryName', inline: 'RepositoryPolicyText' },
    s3: { type: 'AWS::S3::Bucket', named: 'BucketName', policy: 'AWS::S3::BucketPolicy' },
  };

function nameOf(service: string, resource: string): string | undefined {
  if (service === 'ecr') return /:repository\/(.+)$/.exec(resource)?.[1];
  return /:::([^/]+)/.exec(resource)?.[1];
}

function isCalled({ logicalId, properties }: Resource, name: string, named: string): boolean {
  return name === `‹${logicalId}›` || (isKnown(name) && properties[named] === name);
}

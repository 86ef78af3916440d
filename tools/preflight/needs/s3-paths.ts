import type { AwsCall } from './aws-call';
import { arn, on, type Permission } from './need';

/**
 * What `aws s3` must be allowed. Of a folder, or where the name of the object is left to the CLI, any object of it.
 *
 * https://docs.aws.amazon.com/cli/latest/reference/s3/
 */
export function s3Permissions(call: AwsCall): Permission[] {
  const [from, to] = call.operands;
  const all = call.operation === 'sync' || call.has('--recursive');
  switch (call.operation) {
    case 'cp':
    case 'mv':
    case 'sync':
      return [
        ...(isS3(from) ? read(from, all) : []),
        ...(isS3(to) ? written(to, call, all) : []),
        ...(call.operation === 'mv' && isS3(from) ? on(object(from, all), 's3:DeleteObject') : []),
      ];
    case 'ls':
      return isS3(from)
        ? on(bucket(from), 's3:ListBucket')
        : from === undefined
          ? on('*', 's3:ListAllMyBuckets')
          : [];
    case 'rm':
      if (!isS3(from)) return [];
      return [...(all ? on(bucket(from), 's3:ListBucket') : []), ...on(object(from, all), 's3:DeleteObject')];
    case 'mb':
      return isS3(from) ? on(bucket(from), 's3:CreateBucket') : [];
    case 'rb':
      return isS3(from) ? on(bucket(from), 's3:DeleteBucket') : [];
    case 'website':
      return isS3(from) ? on(bucket(from), 's3:PutBucketWebsite') : [];
    default:
      return [];
  }
}

function isS3(path: string | undefined): path is string {
  return path !== undefined && /^s3:\/\/[^/]/.test(path) && !path.startsWith('s3://arn:');
}

function bucket(path: string): string {
  return arn('s3', path.slice('s3://'.length).split('/')[0] ?? '');
}

function object(path: string, all: boolean): string {
  const [, name = '', key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(path) ?? [];
  return arn('s3', `${name}/${key}${all || key === '' || key.endsWith('/') ? '‹key›' : ''}`);
}

function read(path: string, all: boolean): Permission[] {
  return [...(all ? on(bucket(path), 's3:ListBucket') : []), ...on(object(path, all), 's3:GetObject')];
}

function written(path: string, call: AwsCall, all: boolean): Permission[] {
  return [
    ...on(object(path, all), 's3:PutObject', ...(call.has('--acl') ? ['s3:PutObjectAcl'] : [])),
    // Only to know what is there already.
    ...(call.operation === 'sync' ? on(bucket(path), 's3:ListBucket') : []),
    ...(call.has('--delete') ? on(object(path, true), 's3:DeleteObject') : []),
  ];
}

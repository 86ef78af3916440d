import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Resource } from '../../tools/cost/assembly';

/** A stack like the pipeline's, with what a test needs of it. */
export interface Wishes {
  readonly computeType?: string;
  readonly environmentType?: string;
  readonly timeoutMinutes?: number;
  readonly cache?: 'LOCAL' | 'NO_CACHE';
  readonly images?: string;
  /** Of the artifact bucket. */
  readonly rules?: readonly object[];
  readonly logDays?: number;
  /** Each prunes as the text says. */
  readonly repositories?: Readonly<Record<string, string | undefined>>;
  readonly more?: Readonly<Record<string, Resource>>;
  readonly project?: object;
}

export const TIERED = {
  Status: 'Enabled',
  ExpirationInDays: 30,
  Transitions: [{ StorageClass: 'INTELLIGENT_TIERING', TransitionInDays: 7 }],
};

export function kept(count: number): string {
  const selection = { tagStatus: 'tagged', tagPatternList: ['*'], countType: 'imageCountMoreThan' };
  return JSON.stringify({ rules: [{ selection: { ...selection, countNumber: count } }] });
}

export function resources(wishes: Wishes = {}): Record<string, Resource> {
  return {
    Project: {
      Type: 'AWS::CodeBuild::Project',
      Properties: {
        Name: 'builds',
        Environment: {
          ComputeType: wishes.computeType ?? 'BUILD_GENERAL1_LARGE',
          Type: wishes.environmentType ?? 'LINUX_CONTAINER',
          EnvironmentVariables: [{ Name: 'IMAGES', Value: wishes.images ?? '' }],
        },
        TimeoutInMinutes: wishes.timeoutMinutes ?? 60,
        Cache: { Type: wishes.cache ?? 'LOCAL' },
        Artifacts: { Type: 'S3', Location: { Ref: 'Bucket' }, Path: 'builds' },
        LogsConfig: { CloudWatchLogs: { GroupName: { Ref: 'Logs' }, Status: 'ENABLED' } },
        ...wishes.project,
      },
    },
    Bucket: {
      Type: 'AWS::S3::Bucket',
      Properties: { LifecycleConfiguration: { Rules: wishes.rules ?? [TIERED] } },
    },
    Logs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: wishes.logDays } },
    ...Object.fromEntries(
      Object.entries(wishes.repositories ?? {}).map(([name, policy], i) => [
        `Repository${i}`,
        {
          Type: 'AWS::ECR::Repository',
          Properties: {
            RepositoryName: name,
            ...(policy !== undefined && { LifecyclePolicy: { LifecyclePolicyText: policy } }),
          },
        },
      ]),
    ),
    ...wishes.more,
  };
}

/** Writes what `cdk synth` would, a stack for each entry. */
export function writeAssembly(
  directory: string,
  stacks: Readonly<Record<string, Record<string, Resource>>>,
  region = 'us-east-1',
): string {
  mkdirSync(directory, { recursive: true });
  const artifacts: Record<string, object> = { Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } } };
  for (const [name, Resources] of Object.entries(stacks)) {
    const templateFile = `${name}.template.json`;
    writeFileSync(path.join(directory, templateFile), JSON.stringify({ Resources }));
    const environment = `aws://unknown-account/${region}`;
    artifacts[name] = { type: 'aws:cloudformation:stack', environment, properties: { templateFile } };
  }
  writeFileSync(path.join(directory, 'manifest.json'), JSON.stringify({ version: '55.0.0', artifacts }));
  return directory;
}

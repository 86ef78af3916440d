import type { PipelineConfig } from './config';

/** What `ci/` looks up in a cache, as its log lines call them. */
export const CACHES = ['npm', 'pip', 'docker', 'images'];

/**
 * What becomes of `build.cache`, and in which words it is told where that is something else.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/caching-local.html
 */
export function cacheOf({ build: { cache, computeType }, vpc }: PipelineConfig): {
  kind: PipelineConfig['build']['cache'];
  instead?: string;
} {
  const where = vpc ? 'in a VPC' : computeType === '2XLARGE' ? 'on 2XLARGE' : undefined;
  if (cache !== 'local' || where === undefined) return { kind: cache };
  return {
    kind: 's3',
    instead: `build.cache is 'local', which CodeBuild does not have ${where}: the cache is in S3 instead`,
  };
}

import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import type { ComputeType, ImageConfig } from './config';

export const COMPUTE_TYPES: Readonly<Record<ComputeType, codebuild.ComputeType>> = {
  SMALL: codebuild.ComputeType.SMALL,
  MEDIUM: codebuild.ComputeType.MEDIUM,
  LARGE: codebuild.ComputeType.LARGE,
  XLARGE: codebuild.ComputeType.X_LARGE,
  '2XLARGE': codebuild.ComputeType.X2_LARGE,
};

/** Variables of a project, as they are; none is a reference to a parameter or a secret. */
export function plainVariables(
  values: Readonly<Record<string, string>>,
): Record<string, codebuild.BuildEnvironmentVariable> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

/** The variable IMAGES. */
export function imageRows(images: readonly ImageConfig[]): string {
  return images
    .map((image) =>
      [image.name, image.context, image.repository, image.service, image.maxSizeMB ?? ''].join(','),
    )
    .join(' ');
}

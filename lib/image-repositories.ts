import { RemovalPolicy } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';
import type { ImageConfig } from './config';

export interface ImageRepositoriesProps {
  readonly images: readonly ImageConfig[];
  /** How many tagged images each repository keeps. */
  readonly imagesKept: number;
}

/**
 * One ECR repository per image. Tags are immutable, so that a commit's image stays what was tested; `latest` alone moves.
 * Kept, with their images, when the stack is deleted: running services pull from them.
 */
export class ImageRepositories extends Construct {
  readonly repositories: readonly ecr.Repository[];
  /** JSON of the lifecycle policy that every repository has. */
  readonly lifecyclePolicy: string;

  constructor(scope: Construct, id: string, { images, imagesKept }: ImageRepositoriesProps) {
    super(scope, id);
    this.lifecyclePolicy = JSON.stringify(lifecyclePolicy(imagesKept));
    this.repositories = images.map((image) => {
      const repository = new ecr.Repository(this, image.name, {
        repositoryName: image.repository,
        imageScanOnPush: true,
        encryption: ecr.RepositoryEncryption.AES_256,
        imageTagMutability: ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION,
        imageTagMutabilityExclusionFilters: [ecr.ImageTagMutabilityExclusionFilter.wildcard('latest')],
        removalPolicy: RemovalPolicy.RETAIN,
      });
      // As text rather than by addLifecycleRule, so that the build heals a deleted repository with the very same policy.
      (repository.node.defaultChild as ecr.CfnRepository).lifecyclePolicy = {
        lifecyclePolicyText: this.lifecyclePolicy,
      };
      return repository;
    });
  }
}

/**
 * Prunes by count, never a tagged image by its age. An image that matches a rule's tags cannot be expired by a rule after
 * it, so the first rule keeps the deployed image, however many others were pushed since.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
 */
function lifecyclePolicy(imagesKept: number): object {
  return {
    rules: [
      {
        rulePriority: 1,
        description: 'Keep the deployed image',
        selection: {
          tagStatus: 'tagged',
          tagPatternList: ['latest'],
          countType: 'imageCountMoreThan',
          countNumber: 1,
        },
        action: { type: 'expire' },
      },
      {
        rulePriority: 2,
        description: `Keep the ${imagesKept} newest tagged images`,
        selection: {
          tagStatus: 'tagged',
          tagPatternList: ['*'],
          countType: 'imageCountMoreThan',
          countNumber: imagesKept,
        },
        action: { type: 'expire' },
      },
      {
        rulePriority: 3,
        description: 'Untagged images are left-overs of pushes',
        selection: {
          tagStatus: 'untagged',
          countType: 'sinceImagePushed',
          countUnit: 'days',
          countNumber: 7,
        },
        action: { type: 'expire' },
      },
    ],
  };
}

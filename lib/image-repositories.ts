import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ImageConfig, PipelineConfig } from './config';
import { environmentOf, imagesOwner, pipelinePlace } from './environments';
import { tagsOf } from './tags';

/**
 * One ECR repository per image, for all environments. Tags are immutable, so that a commit's image stays what was tested;
 * only the tags of what runs move, `latest`, `latest-dev`…, and those of what images are made of, when one is built anew.
 * Kept, with their images, when the stack is deleted: running services pull from them.
 */
export class ImageRepositories extends Construct {
  readonly repositories: readonly ecr.Repository[];

  constructor(scope: Construct, id: string, config: PipelineConfig) {
    super(scope, id);
    const accounts = pullingAccounts(config);
    this.repositories = config.images.map((image) => {
      const repository = new ecr.Repository(this, image.name, {
        repositoryName: image.repository,
        imageScanOnPush: true,
        encryption: ecr.RepositoryEncryption.AES_256,
        imageTagMutability: ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION,
        imageTagMutabilityExclusionFilters: ['latest*', 'content-*'].map((pattern) =>
          ecr.ImageTagMutabilityExclusionFilter.wildcard(pattern),
        ),
        removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      });
      // As text rather than by addLifecycleRule, so that the build heals a deleted repository with the very same policy.
      (repository.node.defaultChild as ecr.CfnRepository).lifecyclePolicy = {
        lifecyclePolicyText: lifecyclePolicy(config),
      };
      if (accounts.length) {
        repository.addToResourcePolicy(
          new iam.PolicyStatement({
            actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
            principals: accounts.map((account) => new iam.AccountPrincipal(account)),
          }),
        );
      }
      return repository;
    });
  }
}

/** JSON of the tags that every repository has. */
export function repositoryTags(config: PipelineConfig): string {
  const tags = Object.entries(tagsOf(imagesOwner(config).environment));
  return JSON.stringify(tags.map(([Key, Value]) => ({ Key, Value })));
}

/** The repositories, for a stack that uses them without having them. */
export function repositoriesByName(scope: Construct, images: readonly ImageConfig[]): ecr.IRepository[] {
  return images.map((image) =>
    ecr.Repository.fromRepositoryName(scope, `${image.name}Repository`, image.repository),
  );
}

/** Their ARNs, seen from the account or region of an environment that is elsewhere. */
export function repositoryArns(config: PipelineConfig): string[] {
  const { account = Aws.ACCOUNT_ID, region = Aws.REGION } = pipelinePlace(config);
  return config.images.map(
    ({ repository }) => `arn:${Aws.PARTITION}:ecr:${region}:${account}:repository/${repository}`,
  );
}

/** Other accounts, in which images of the pipeline's run. */
export function pullingAccounts(config: PipelineConfig): string[] {
  const accounts = config.environments.flatMap((environment) => {
    const { account } = environmentOf(config, environment).place;
    return account === undefined || account === pipelinePlace(config).account ? [] : [account];
  });
  return [...new Set(accounts)];
}

/**
 * JSON of the policy that every repository has. Prunes by count, never a tagged image by its age. An image that matches a
 * rule's tags cannot be expired by a rule after it, so the first rules keep what runs in each environment, however many
 * images others have pushed since.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
 */
export function lifecyclePolicy(config: PipelineConfig): string {
  const { imagesKept } = config.retention;
  const deployed = config.environments.map((environment) => {
    const { name, names } = environmentOf(config, environment);
    return {
      description: name === 'default' ? 'Keep the deployed image' : `Keep the image deployed to ${name}`,
      selection: {
        tagStatus: 'tagged',
        tagPatternList: [names.deployedTag],
        countType: 'imageCountMoreThan',
        countNumber: 1,
      },
    };
  });
  const rules = [
    ...deployed,
    {
      description: `Keep the ${imagesKept} newest tagged images`,
      selection: {
        tagStatus: 'tagged',
        tagPatternList: ['*'],
        countType: 'imageCountMoreThan',
        countNumber: imagesKept,
      },
    },
    {
      description: 'Untagged images are left-overs of pushes',
      selection: {
        tagStatus: 'untagged',
        countType: 'sinceImagePushed',
        countUnit: 'days',
        countNumber: 7,
      },
    },
  ];
  return JSON.stringify({
    rules: rules.map((rule, i) => ({ rulePriority: i + 1, ...rule, action: { type: 'expire' } })),
  });
}

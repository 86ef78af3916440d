import { DescribeImagesCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import type { EmulatedAws } from '../emulated-aws';
import { pastGateway } from '../gateway/emulated';
import type { ImageReport, PushResult } from './result';

/**
 * What a run has left in the emulated AWS: its stacks, images and services, each once nothing moves any more.
 *
 * @param before what was in the registry before it
 */
export async function deployedState(
  aws: EmulatedAws,
  before: readonly ImageReport[],
): Promise<Pick<PushResult, 'stacks' | 'images' | 'services'>> {
  const stacks = aws.cloudFormation.all();
  await Promise.all(stacks.map((stack) => stack.operation));
  return {
    stacks: stacks.map(({ name, status, reason, owner, changes }) => ({
      name,
      status,
      reason,
      application: owner.phase() !== undefined,
      changes,
    })),
    images: await imagesOf(aws, before),
    services: aws.rollouts.services().map(({ images: [image = ''], ...service }) => ({
      name: service.name,
      taskDefinition: service.taskDefinition,
      image,
      rollout: service.rollout,
      forced: service.forced,
      reason: service.reason,
    })),
  };
}

export async function imagesOf(
  { emulatorUrl, region, ledger }: EmulatedAws,
  before: readonly ImageReport[] = [],
): Promise<ImageReport[]> {
  const ecr = new ECRClient(pastGateway(emulatorUrl, region));
  const pushes = ledger
    .all()
    .filter(({ action, decision }) => action === 'ecr:PutImage' && decision === 'allowed');
  const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({}));
  const found = await Promise.all(
    repositories.map(async ({ repositoryName = '', repositoryArn }): Promise<ImageReport[]> => {
      const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName }));
      const isPushed = pushes.some(({ resource }) => resource === repositoryArn);
      return imageDetails.map(({ imageTags = [], imageDigest = '' }) => {
        const known = before.some(({ name, digest }) => name === repositoryName && digest === imageDigest);
        const built = isPushed && !known;
        return {
          name: repositoryName,
          tag: imageTags.find((tag) => tag !== 'latest') ?? '',
          digest: imageDigest,
          built,
          reason: `${built ? 'built and pushed' : 'found in the registry'}${imageTags.includes('latest') ? ', now latest' : ''}`,
        };
      });
    }),
  );
  return found.flat();
}

import { DescribeImagesCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import type { EmulatedAws } from '../emulated-aws';
import { pastGateway } from '../gateway/emulated';
import type { ImageReport, PushResult } from './result';

/**
 * What a run has left in the emulated AWS: its stacks, images and services, each once nothing moves any more.
 *
 * @param before what was in the registry before it
 * @param tag of its build's images
 */
export async function deployedState(
  aws: EmulatedAws,
  before: readonly ImageReport[],
  tag?: string,
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
    images: await imagesOf(aws, before, tag),
    services: byName(aws.rollouts.services()).map(({ images: [image = ''], ...service }) => ({
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
  tag?: string,
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
        const known = before.find(({ name, digest }) => name === repositoryName && digest === imageDigest);
        const built = isPushed && !known;
        const own = imageTags.filter((one) => !/^(?:latest|content-)/.test(one));
        const isOfBuild = tag !== undefined && own.includes(tag);
        const how = built
          ? 'built and pushed'
          : known && isOfBuild && known.tag !== tag
            ? 'not built: the registry had an image of this content'
            : 'found in the registry';
        return {
          name: repositoryName,
          tag: isOfBuild ? tag : (own[0] ?? ''),
          digest: imageDigest,
          built,
          reason: `${how}${imageTags.includes('latest') ? ', now latest' : ''}`,
        };
      });
    }),
  );
  return byName(found.flat());
}

/** A stack's resources are made side by side: in which order is chance. */
function byName<Named extends { readonly name: string }>(all: readonly Named[]): Named[] {
  return all.toSorted((a, b) => a.name.localeCompare(b.name));
}

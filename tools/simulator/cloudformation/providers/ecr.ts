import {
  CreateRepositoryCommand,
  type CreateRepositoryCommandInput,
  DeleteLifecyclePolicyCommand,
  DeleteRepositoryCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  type PutImageTagMutabilityCommandInput,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr';
import { generatedName } from '../generated-name';
import {
  camelCased,
  type Made,
  type Properties,
  type Provider,
  type ProviderContext,
  tagsOf,
  textOf,
} from '../provider';

export const repository: Provider = {
  replacedBy: ['RepositoryName', 'EncryptionConfiguration'],
  async create(context, properties) {
    const repositoryName = textOf(properties, 'RepositoryName') ?? generatedName(context).toLowerCase();
    await context.clients.ecr.send(
      new CreateRepositoryCommand({
        repositoryName,
        imageScanningConfiguration: camelCased(properties.ImageScanningConfiguration),
        encryptionConfiguration: camelCased(properties.EncryptionConfiguration),
        tags: tagsOf(context, properties),
        ...mutability(properties),
      } as CreateRepositoryCommandInput),
    );
    await putLifecycle(context, repositoryName, properties, {});
    return made(context, repositoryName);
  },
  async update(context, repositoryName, properties, old) {
    const { ecr } = context.clients;
    await ecr.send(
      new PutImageTagMutabilityCommand({
        repositoryName,
        ...mutability(properties),
      } as PutImageTagMutabilityCommandInput),
    );
    const imageScanningConfiguration = camelCased(properties.ImageScanningConfiguration) as {
      scanOnPush?: boolean;
    };
    if (imageScanningConfiguration) {
      await ecr.send(
        new PutImageScanningConfigurationCommand({ repositoryName, imageScanningConfiguration }),
      );
    }
    await putLifecycle(context, repositoryName, properties, old);
    return made(context, repositoryName);
  },
  async delete({ clients }, repositoryName, properties) {
    const force = properties.EmptyOnDelete === true;
    await clients.ecr.send(new DeleteRepositoryCommand({ repositoryName, force }));
  },
};

function mutability(properties: Properties): object {
  return {
    imageTagMutability: textOf(properties, 'ImageTagMutability') ?? 'MUTABLE',
    imageTagMutabilityExclusionFilters: (
      properties.ImageTagMutabilityExclusionFilters as
        | { ImageTagMutabilityExclusionFilterType: string; ImageTagMutabilityExclusionFilterValue: string }[]
        | undefined
    )?.map((filter) => ({
      filterType: filter.ImageTagMutabilityExclusionFilterType,
      filter: filter.ImageTagMutabilityExclusionFilterValue,
    })),
  };
}

async function putLifecycle(
  { clients }: ProviderContext,
  repositoryName: string,
  wanted: Properties,
  old: Properties,
): Promise<void> {
  const text = (properties: Properties): string | undefined =>
    (properties.LifecyclePolicy as { LifecyclePolicyText?: string } | undefined)?.LifecyclePolicyText;
  const lifecyclePolicyText = text(wanted);
  if (lifecyclePolicyText)
    await clients.ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));
  else if (text(old)) await clients.ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }));
}

function made({ region, account }: ProviderContext, name: string): Made {
  return {
    physicalId: name,
    attributes: {
      Arn: `arn:aws:ecr:${region}:${account}:repository/${name}`,
      RepositoryUri: `${account}.dkr.ecr.${region}.amazonaws.com/${name}`,
    },
  };
}

import {
  CreateProjectCommand,
  type CreateProjectCommandInput,
  CreateWebhookCommand,
  type CreateWebhookCommandInput,
  DeleteProjectCommand,
  DeleteWebhookCommand,
  UpdateProjectCommand,
  UpdateWebhookCommand,
} from '@aws-sdk/client-codebuild';
import { generatedName } from '../generated-name';
import {
  camelCased,
  type Made,
  type Properties,
  type Provider,
  type ProviderContext,
  tagsOf,
} from '../provider';

interface Triggers {
  readonly Webhook?: boolean;
  readonly FilterGroups?: unknown;
  readonly PullRequestBuildPolicy?: unknown;
  readonly ScopeConfiguration?: unknown;
}

/** A project and its webhook, which CloudFormation makes in one go: a webhook that fails fails the project. */
export const project: Provider = {
  replacedBy: ['Name'],
  async create(context, properties) {
    const input = projectInput(context, properties);
    const { project: created } = await context.clients.codebuild.send(new CreateProjectCommand(input));
    const webhook = webhookOf(properties);
    if (webhook) {
      await context.clients.codebuild.send(new CreateWebhookCommand({ projectName: input.name, ...webhook }));
    }
    return made(input.name ?? '', created?.arn);
  },
  async update({ clients, ...context }, name, properties, old) {
    const input = { ...projectInput({ clients, ...context }, properties), name };
    const { project: updated } = await clients.codebuild.send(new UpdateProjectCommand(input));
    const webhook = webhookOf(properties);
    if (webhook) {
      const wanted = { projectName: name, ...webhook };
      if (webhookOf(old)) await clients.codebuild.send(new UpdateWebhookCommand(wanted));
      else await clients.codebuild.send(new CreateWebhookCommand(wanted));
    } else if (webhookOf(old)) {
      await clients.codebuild.send(new DeleteWebhookCommand({ projectName: name }));
    }
    return made(name, updated?.arn);
  },
  async delete({ clients }, name) {
    await clients.codebuild.send(new DeleteProjectCommand({ name }));
  },
};

function projectInput(context: ProviderContext, properties: Properties): CreateProjectCommandInput {
  const { Triggers: _, Source, ...rest } = properties;
  const { BuildSpec, ...source } = Source as { BuildSpec?: string };
  return {
    name: generatedName(context),
    ...(camelCased(rest) as object),
    source: { ...(camelCased(source) as object), buildspec: BuildSpec },
    tags: tagsOf(context, properties).map(({ Key, Value }) => ({ key: Key, value: Value })),
  } as CreateProjectCommandInput;
}

function webhookOf(properties: Properties): Omit<CreateWebhookCommandInput, 'projectName'> | undefined {
  const triggers = properties.Triggers as Triggers | undefined;
  if (!triggers?.Webhook) return undefined;
  const { FilterGroups = [], PullRequestBuildPolicy, ScopeConfiguration } = triggers;
  return camelCased({ FilterGroups, PullRequestBuildPolicy, ScopeConfiguration }) as object;
}

function made(physicalId: string, Arn: string | undefined): Made {
  return { physicalId, attributes: { Arn } };
}

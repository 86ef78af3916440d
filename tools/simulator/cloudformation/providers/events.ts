import { eventPattern } from '../../events/event-pattern';
import { generatedName } from '../generated-name';
import { type Made, type Properties, type Provider, type ProviderContext, tagsOf, textOf } from '../provider';

interface Target {
  readonly Id: string;
}

export const rule: Provider = {
  replacedBy: ['Name', 'EventBusName'],
  async create(context, properties) {
    const name = textOf(properties, 'Name') ?? generatedName(context);
    await put(context, name, properties, {}, tagsOf(context, properties));
    return made(context, name, properties);
  },
  async update(context, physicalId, properties, old) {
    const name = nameOf(physicalId);
    await put(context, name, properties, old);
    return made(context, name, properties);
  },
  async delete({ clients }, physicalId, properties) {
    const Name = nameOf(physicalId);
    const EventBusName = textOf(properties, 'EventBusName');
    await removeTargets(clients, Name, EventBusName, targetsOf(properties));
    await clients.json.call('events', 'DeleteRule', { Name, EventBusName });
  },
};

async function put(
  context: ProviderContext,
  Name: string,
  properties: Properties,
  old: Properties,
  Tags?: object[],
): Promise<void> {
  const { json } = context.clients;
  const { EventPattern, ScheduleExpression, State, Description, EventBusName, RoleArn } = properties;
  // The emulator takes any.
  if (EventPattern !== undefined) eventPattern(EventPattern);
  await json.call('events', 'PutRule', {
    Name,
    EventPattern: typeof EventPattern === 'object' ? JSON.stringify(EventPattern) : EventPattern,
    ScheduleExpression,
    State,
    Description,
    EventBusName,
    RoleArn,
    Tags: Tags?.length ? Tags : undefined,
  });
  context.begun(physicalIdOf(Name, properties));
  const Targets = targetsOf(properties);
  if (Targets.length) await json.call('events', 'PutTargets', { Rule: Name, EventBusName, Targets });
  const gone = targetsOf(old).filter(({ Id }) => !Targets.some((target) => target.Id === Id));
  await removeTargets(context.clients, Name, textOf(properties, 'EventBusName'), gone);
}

async function removeTargets(
  { json }: ProviderContext['clients'],
  Rule: string,
  EventBusName: string | undefined,
  targets: readonly Target[],
): Promise<void> {
  if (!targets.length) return;
  await json.call('events', 'RemoveTargets', { Rule, EventBusName, Ids: targets.map(({ Id }) => Id) });
}

function made({ region, account }: ProviderContext, name: string, properties: Properties): Made {
  const bus = busOf(properties);
  const Arn = `arn:aws:events:${region}:${account}:rule/${bus === undefined ? '' : `${bus}/`}${name}`;
  return { physicalId: physicalIdOf(name, properties), attributes: { Arn } };
}

/** On another bus than the default one, its name comes first. */
function physicalIdOf(name: string, properties: Properties): string {
  const bus = busOf(properties);
  return bus === undefined ? name : `${bus}|${name}`;
}

function busOf(properties: Properties): string | undefined {
  const bus = textOf(properties, 'EventBusName')?.split('/').pop();
  return bus === 'default' ? undefined : bus;
}

function nameOf(physicalId: string): string {
  return physicalId.split('|').pop() ?? physicalId;
}

function targetsOf(properties: Properties): readonly Target[] {
  return (properties.Targets ?? []) as Target[];
}

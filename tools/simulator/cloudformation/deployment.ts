import type { Faults } from '../faults';
import type { Session } from '../gateway/sessions';
import { type DeployRoles, HandlerDenied } from '../iam/deploy-role';
import { accepted } from './accepted';
import type { Clients } from './clients';
import { differences, inOrder, needsReplacement, scopeOf, type Surroundings } from './plan';
import type { Made, Properties, Provider, ProviderContext } from './provider';
import { PROVIDERS } from './providers';
import { conditionHolds, resolve, type Scope, weakReferences } from './resolver';
import type { Change, Desired, Resource, Stack, StackOutput } from './stack';

export interface DeploymentOptions extends Surroundings {
  /** Who the providers act as. */
  readonly session: Session;
  readonly clients: Clients;
  readonly faults: Faults;
  readonly deployRoles: DeployRoles;
  readonly operationId: string;
  readonly untilServiceIsSteady: ProviderContext['untilServiceIsSteady'];
  readonly functionCode: ProviderContext['functionCode'];
  readonly mayAssume: ProviderContext['mayAssume'];
}

/** One change of a stack, from its first event to its last. Failures end as events and statuses, as on AWS. */
export class Deployment {
  /** What has been done, in order; undone backwards when something fails. */
  private readonly done: { readonly resource: Resource; readonly old?: Resource }[] = [];
  private readonly failures = new Map<string, string>();
  /** Of the resources as they were made, for the fault that breaks one. */
  private broken = false;

  constructor(
    private readonly stack: Stack,
    private readonly options: DeploymentOptions,
  ) {}

  /** Makes of the stack what is desired, or what it was. */
  async apply(desired: Desired, changes: readonly Change[]): Promise<void> {
    await this.judgeReading(desired);
    const { stack } = this;
    const verb = stack.desired ? 'UPDATE' : 'CREATE';
    const before = stack.desired;
    stack.desired = desired;
    this.enter(`${verb}_IN_PROGRESS`, 'User Initiated');
    stack.changes = {
      added: changes.filter(({ action }) => action === 'Add').length,
      modified: changes.filter(({ action }) => action === 'Modify').length,
      removed: changes.filter(({ action }) => action === 'Remove').length,
    };
    const scope = this.scope(desired);
    const order = inOrder(desired, scope);
    await this.walk(order, (id, needs) => this.make(id, needs, scope));
    const outputs = this.failures.size ? undefined : this.outputs(desired, scope);
    if (outputs) {
      stack.outputs = outputs;
      if (verb === 'UPDATE') await this.cleanUp([...stack.resources.keys()].filter((id) => !order.has(id)));
      return this.enter(`${verb}_COMPLETE`);
    }
    stack.changes = { added: 0, modified: 0, removed: 0 };
    if (before) await this.rollBackUpdate(before);
    else await this.rollBackCreation();
  }

  /** What CloudFormation asks as its role for the template itself. */
  private async judgeReading({ body, template }: Desired): Promise<void> {
    const { session, deployRoles, region, account } = this.options;
    const read = [...new Set(weakReferences(template))].map((stack) => ({
      action: 'cloudformation:DescribeStacks',
      resource: `arn:aws:cloudformation:${region}:${account}:stack/${stack}/new`,
      context: {},
    }));
    await deployRoles.reads(session, body, read);
  }

  /** Makes of the stack what it was before an operation whose simulator has ended, however far that had come. */
  async rollBackInterrupted(previous: Desired | undefined): Promise<void> {
    const { stack } = this;
    if (!previous) {
      this.enter('ROLLBACK_IN_PROGRESS', INTERRUPTED);
      await this.remove([...stack.resources.values()], ({ deletionPolicy }) =>
        deletionPolicy === 'RetainExceptOnCreate' ? 'Delete' : deletionPolicy,
      );
      return this.enter('ROLLBACK_COMPLETE');
    }
    this.enter('UPDATE_ROLLBACK_IN_PROGRESS', INTERRUPTED);
    stack.desired = previous;
    const scope = this.scope(previous);
    const order = inOrder(previous, scope);
    await this.walk(order, (id, needs) => this.make(id, needs, scope));
    const outputs = this.failures.size ? undefined : this.outputs(previous, scope);
    if (!outputs) return this.enter('UPDATE_ROLLBACK_FAILED', this.failed('update'));
    stack.outputs = outputs;
    this.enter('UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
    const added = [...stack.resources.values()].filter(({ logicalId }) => !order.has(logicalId));
    await this.remove(added, () => 'Delete');
    this.enter('UPDATE_ROLLBACK_COMPLETE');
  }

  /** Deletes the stack's resources, but for those that are to be retained. */
  async delete(): Promise<void> {
    this.enter('DELETE_IN_PROGRESS', 'User Initiated');
    await this.remove([...this.stack.resources.values()], (resource) => resource.deletionPolicy);
    if (this.failures.size) {
      const failed = [...this.failures.keys()].join(', ');
      return this.enter('DELETE_FAILED', `The following resource(s) failed to delete: [${failed}].`);
    }
    this.stack.outputs = [];
    this.enter('DELETE_COMPLETE');
  }

  /** Works on all resources side by side, each as soon as what it needs is there. Stops at the first failure. */
  private async walk(
    order: ReadonlyMap<string, readonly string[]>,
    work: (id: string, needs: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const settled = new Map<string, Promise<void>>();
    for (const [id, needs] of order) {
      const turn = Promise.all(needs.flatMap((other) => settled.get(other) ?? [])).then(() =>
        this.failures.size ? undefined : work(id, needs),
      );
      settled.set(id, turn);
    }
    await Promise.all(settled.values());
  }

  private async make(logicalId: string, dependencies: readonly string[], scope: Scope): Promise<void> {
    const { stack } = this;
    const definition = stack.desired?.template.Resources[logicalId];
    if (!definition) return;
    const { Type: type, Properties: unresolved = {} } = definition;
    const old = stack.resources.get(logicalId);
    const verb = old ? 'UPDATE' : 'CREATE';
    const base = { logicalId, type, dependencies, deletionPolicy: definition.DeletionPolicy };
    const policies = { ...base, updateReplacePolicy: definition.UpdateReplacePolicy };
    let physicalId = old?.physicalId ?? '';
    let properties: Properties = {};
    let begun = false;
    const context = this.contextOf(logicalId, (id) => {
      physicalId = id;
      begun = true;
      // Whoever cleans up after a process that has died finds it.
      const half: Resource = {
        ...policies,
        physicalId,
        properties,
        attributes: {},
        kind: 'made',
        status: 'CREATE_IN_PROGRESS',
      };
      if (!old) stack.resources.set(logicalId, half);
    });
    try {
      properties = resolve(unresolved, scope) as Properties;
      const changed = old ? differences(old.properties, properties) : [];
      if (old && !changed.length) {
        stack.resources.set(logicalId, { ...old, ...policies });
        return;
      }
      const replaces = old !== undefined && needsReplacement(type, changed);
      this.record(policies, physicalId, `${verb}_IN_PROGRESS`, replaces ? REPLACES : undefined);
      this.breakOne(type);
      await this.judgeHandlers(policies, properties, verb);
      begun = old !== undefined && !replaces;
      const made = await this.put(context, policies, properties, replaces ? undefined : old);
      ({ physicalId } = made);
      const kind = PROVIDERS[type] && !made.accepted ? 'made' : 'accepted';
      const resource: Resource = {
        ...policies,
        physicalId,
        properties,
        attributes: made.attributes ?? {},
        kind,
        status: `${verb}_COMPLETE`,
      };
      stack.resources.set(logicalId, resource);
      this.done.push({ resource, old });
      this.record(policies, physicalId, resource.status, kind === 'accepted' ? ACCEPTED : undefined);
    } catch (error) {
      const reason = reasonOf(error);
      this.failures.set(logicalId, reason);
      const status = `${verb}_FAILED`;
      // Half made or half updated: the rollback has to see it.
      const half: Resource = { ...policies, physicalId, properties, attributes: {}, kind: 'made', status };
      if (begun) this.done.push({ resource: half, old });
      this.record(policies, physicalId, status, reason);
    }
  }

  /** What is really made is denied by the services themselves; what calls none of them fails here. */
  private async judgeHandlers(
    { type, logicalId }: Pick<Resource, 'type' | 'logicalId'>,
    properties: Properties,
    verb: 'CREATE' | 'UPDATE',
  ): Promise<void> {
    const { account, region, session, deployRoles } = this.options;
    const { name: stackName, desired } = this.stack;
    const resource = { type, logicalId, properties, stackName, tags: desired?.tags ?? [], account, region };
    try {
      await deployRoles.require(session, resource, verb === 'CREATE' ? 'create' : 'update');
    } catch (error) {
      const provider = PROVIDERS[type];
      if (!provider || provider.judgedByHandler || !(error instanceof HandlerDenied)) throw error;
    }
  }

  private async put(
    context: ProviderContext,
    resource: Pick<Resource, 'type'>,
    properties: Properties,
    old: Resource | undefined,
  ): Promise<Made> {
    const provider: Provider | undefined = PROVIDERS[resource.type];
    if (!provider) return old ?? accepted(context, resource.type);
    if (!old) return provider.create(context, properties);
    if (!provider.update) throw new Error(`${resource.type} cannot be updated`);
    return provider.update(context, old.physicalId, properties, old.properties);
  }

  /** What has been replaced or is not wanted any more goes; a failure here fails nothing, as on AWS. */
  private async cleanUp(unwanted: readonly string[]): Promise<void> {
    const replaced = this.done.flatMap(({ resource, old }) =>
      old && old.physicalId !== resource.physicalId
        ? [{ ...old, deletionPolicy: old.updateReplacePolicy }]
        : [],
    );
    const removed = unwanted.flatMap((id) => this.stack.resources.get(id) ?? []);
    if (!replaced.length && !removed.length) return;
    this.enter('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
    await this.remove([...replaced, ...removed], (resource) => resource.deletionPolicy);
  }

  private async rollBackCreation(): Promise<void> {
    this.enter('ROLLBACK_IN_PROGRESS', `${this.failed('create')} Rollback requested by user.`);
    await this.remove(
      this.done.map(({ resource }) => resource),
      ({ deletionPolicy }) => (deletionPolicy === 'RetainExceptOnCreate' ? 'Delete' : deletionPolicy),
    );
    this.enter('ROLLBACK_COMPLETE');
  }

  private async rollBackUpdate(before: Desired): Promise<void> {
    const { stack } = this;
    this.enter('UPDATE_ROLLBACK_IN_PROGRESS', this.failed('update'));
    stack.desired = before;
    for (const { resource, old } of [...this.done].reverse()) {
      if (!old) continue;
      if (old.physicalId === resource.physicalId) {
        try {
          await this.put(this.contextOf(old.logicalId), old, old.properties, resource);
        } catch (error) {
          this.record(old, old.physicalId, 'UPDATE_FAILED', reasonOf(error));
          return this.enter('UPDATE_ROLLBACK_FAILED', reasonOf(error));
        }
      }
      stack.resources.set(old.logicalId, old);
      this.record(old, old.physicalId, 'UPDATE_COMPLETE');
    }
    this.enter('UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
    const made = this.done.filter(({ resource, old }) => old?.physicalId !== resource.physicalId);
    await this.remove(
      made.map(({ resource }) => resource),
      () => 'Delete',
    );
    this.enter('UPDATE_ROLLBACK_COMPLETE');
  }

  /** Deletes resources, each after those that need it. */
  private async remove(
    resources: readonly Resource[],
    policyOf: (resource: Resource) => string | undefined,
  ): Promise<void> {
    const { stack } = this;
    // A replaced resource and a removed one may have the same logical id only in different operations.
    const left = new Map(resources.map((resource) => [resource.logicalId, resource]));
    while (left.size) {
      const needed = new Set([...left.values()].flatMap(({ dependencies }) => dependencies));
      const free = [...left.values()].filter(({ logicalId }) => !needed.has(logicalId));
      await Promise.all(
        (free.length ? free : [...left.values()]).map(async (resource) => {
          left.delete(resource.logicalId);
          await this.removeOne(resource, policyOf(resource) ?? 'Delete');
          const current = stack.resources.get(resource.logicalId);
          const failed = this.failures.has(resource.logicalId) && stack.status === 'DELETE_IN_PROGRESS';
          if (current?.physicalId === resource.physicalId && !failed)
            stack.resources.delete(resource.logicalId);
        }),
      );
    }
  }

  private async removeOne(resource: Resource, policy: string): Promise<void> {
    const { type, physicalId, logicalId, properties } = resource;
    if (policy.startsWith('Retain')) return this.record(resource, physicalId, 'DELETE_SKIPPED');
    this.record(resource, physicalId, 'DELETE_IN_PROGRESS');
    try {
      await PROVIDERS[type]?.delete(this.contextOf(logicalId), physicalId, properties);
      this.record(resource, physicalId, 'DELETE_COMPLETE');
    } catch (error) {
      if (isMissing(error)) return this.record(resource, physicalId, 'DELETE_COMPLETE');
      this.failures.set(logicalId, reasonOf(error));
      this.record(resource, physicalId, 'DELETE_FAILED', reasonOf(error));
    }
  }

  private outputs({ template }: Desired, scope: Scope): StackOutput[] | undefined {
    try {
      return Object.entries(template.Outputs ?? {})
        .filter(([, { Condition }]) => Condition === undefined || conditionHolds(Condition, scope))
        .map(([key, { Value, Description, Export }]) => ({
          key,
          value: String(resolve(Value, scope)),
          description: Description,
          exportName: Export && String(resolve(Export.Name, scope)),
        }));
    } catch (error) {
      this.failures.set(this.stack.name, reasonOf(error));
      return undefined;
    }
  }

  private scope(desired: Desired): Scope {
    return scopeOf(this.stack, desired, this.options, (id) => this.stack.resources.get(id));
  }

  private contextOf(logicalId: string, begun: ProviderContext['begun'] = () => undefined): ProviderContext {
    const { clients, account, region, untilServiceIsSteady, functionCode, mayAssume } = this.options;
    const { name: stackName, desired } = this.stack;
    const stack = { stackName, logicalId, tags: desired?.tags ?? [] };
    const played = { untilServiceIsSteady, functionCode, mayAssume };
    return { clients, account, region, ...stack, begun, ...played };
  }

  /** `--fault stack-rolls-back`: one resource, once, of a stack that a build deploys. */
  private breakOne(type: string): void {
    const { session, faults } = this.options;
    if (this.broken || session.phase() === undefined) return;
    if (!faults.asks('stack-rolls-back', type)) return;
    this.broken = true;
    throw new Error(`this ${type} fails because of --fault stack-rolls-back`);
  }

  private failed(verb: 'create' | 'update'): string {
    const ids = [...this.failures.keys()].join(', ');
    return `The following resource(s) failed to ${verb}: [${ids}].`;
  }

  private enter(status: string, reason?: string): void {
    this.stack.enter(status, this.options.operationId, reason);
  }

  private record(
    { logicalId, type }: Pick<Resource, 'logicalId' | 'type'>,
    physicalId: string,
    status: string,
    reason?: string,
  ): void {
    const { operationId } = this.options;
    this.stack.record({ operationId, logicalId, physicalId, type, status, reason });
  }
}

const REPLACES = 'Requested update requires the creation of a new physical resource; hence creating one.';

export const INTERRUPTED = 'simulated: the simulator ended in the middle of the operation';

const ACCEPTED = 'simulated: accepted, not made';

/** In the words of CloudFormation's resource handlers. */
function reasonOf(error: unknown): string {
  const { name, message, $metadata } = error as Error & { $metadata?: object };
  if (!$metadata) return `Resource handler returned message: "${message}"`;
  return `Resource handler returned message: "${message}" (HandlerErrorCode: ${handlerCode(name)})`;
}

/** https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html */
function handlerCode(name: string): string {
  if (/AccessDenied|Unauthorized/.test(name)) return 'AccessDenied';
  if (/AlreadyExists|AlreadyOwnedByYou/.test(name)) return 'AlreadyExists';
  if (/NotFound|NoSuch/.test(name)) return 'NotFound';
  return 'GeneralServiceException';
}

/** Somebody else has deleted it. */
function isMissing(error: unknown): boolean {
  const { name, $metadata } = error as Error & { $metadata?: object };
  return $metadata !== undefined && handlerCode(name) === 'NotFound';
}

import type { Session } from '../gateway/sessions';
import { parseTemplate, type Template } from './template';

/** A resource as the last operation left it. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** `accepted`: of a type that is not played; its id and attributes are made up. */
  readonly kind: 'made' | 'accepted';
  /** Logical ids of the resources that it needs; what is deleted goes before them. */
  readonly dependencies: readonly string[];
  readonly deletionPolicy?: string;
  readonly updateReplacePolicy?: string;
  status: string;
}

export interface StackEvent {
  readonly id: string;
  readonly operationId: string;
  /** Of the request that the operation began with. */
  readonly token?: string;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly time: Date;
}

export interface Change {
  readonly action: 'Add' | 'Modify' | 'Remove';
  readonly logicalId: string;
  readonly physicalId?: string;
  readonly type: string;
  readonly replacement?: 'True' | 'False';
  /** Names of the properties that differ. */
  readonly properties: readonly string[];
  /** What the resource is before and after, with the policies of the template. */
  readonly before?: ResourceContext;
  readonly after?: ResourceContext;
}

/** A resource as `DescribeChangeSet` shows it. */
export interface ResourceContext {
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** What a deployment is asked to make of a stack. */
export interface Desired {
  readonly body: string;
  readonly template: Template;
  /** As given or by default; of an SSM type, the parameter's name. */
  readonly given: Readonly<Record<string, string>>;
  /** What Ref gives for them. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly tags: readonly Tag[];
  readonly roleArn?: string;
}

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly type: 'CREATE' | 'UPDATE';
  readonly created: Date;
  readonly desired: Desired;
  readonly changes: readonly Change[];
  status: 'CREATE_COMPLETE' | 'FAILED';
  executionStatus: string;
  readonly reason?: string;
}

export interface StackOutput {
  readonly key: string;
  readonly value: string;
  readonly description?: string;
  readonly exportName?: string;
}

/** A stack as it is kept between runs: times as ISO texts, maps as lists, the template as its text. */
export interface SavedStack {
  readonly id: string;
  readonly name: string;
  /** Its session may have ended. */
  readonly owner: { readonly arn: string; readonly accessKeyId: string; readonly phase?: string };
  readonly created: string;
  readonly updated?: string;
  readonly deleted?: string;
  readonly status: string;
  readonly reason?: string;
  readonly desired?: SavedDesired;
  readonly previous?: SavedDesired;
  readonly outputs: readonly StackOutput[];
  readonly resources: readonly Resource[];
  readonly changeSets: readonly (Omit<ChangeSet, 'created' | 'desired'> & {
    readonly created: string;
    readonly desired: SavedDesired;
  })[];
  readonly events: readonly (Omit<StackEvent, 'time'> & { readonly time: string })[];
  readonly terminationProtection: boolean;
  readonly changes: Stack['changes'];
}

type SavedDesired = Omit<Desired, 'template'>;

export class Stack {
  status = 'REVIEW_IN_PROGRESS';
  reason?: string;
  /** What is deployed; undefined before the first deployment. */
  desired?: Desired;
  /** What was deployed before the last operation. */
  previous?: Desired;
  outputs: readonly StackOutput[] = [];
  readonly resources = new Map<string, Resource>();
  readonly changeSets = new Map<string, ChangeSet>();
  readonly events: StackEvent[] = [];
  created: Date;
  updated?: Date;
  deleted?: Date;
  terminationProtection = false;
  /** What the last operation did. */
  changes = { added: 0, modified: 0, removed: 0 };
  /** That the caller has given to the operation. */
  token?: string;
  /** Settles with the operation that runs; never rejects. */
  operation: Promise<void> = Promise.resolve();

  constructor(
    readonly id: string,
    readonly name: string,
    /** The times of all events of all stacks differ and ascend: tools sort by them. */
    private readonly clock: () => Date,
    /** Whoever asked for the first deployment. */
    readonly owner: Session,
  ) {
    this.created = clock();
  }

  save(): SavedStack {
    const { id, name, owner, created, updated, deleted, status, reason, outputs, events, changes } = this;
    return {
      id,
      name,
      owner: { arn: owner.arn, accessKeyId: owner.credentials.accessKeyId, phase: owner.phase() },
      created: created.toISOString(),
      updated: updated?.toISOString(),
      deleted: deleted?.toISOString(),
      status,
      reason,
      desired: this.desired && withoutTemplate(this.desired),
      previous: this.previous && withoutTemplate(this.previous),
      outputs,
      resources: [...this.resources.values()],
      changeSets: [...this.changeSets.values()].map((changeSet) => ({
        ...changeSet,
        created: changeSet.created.toISOString(),
        desired: withoutTemplate(changeSet.desired),
      })),
      events: events.map((event) => ({ ...event, time: event.time.toISOString() })),
      terminationProtection: this.terminationProtection,
      changes,
    };
  }

  restore(saved: SavedStack): void {
    this.created = new Date(saved.created);
    this.updated = saved.updated === undefined ? undefined : new Date(saved.updated);
    this.deleted = saved.deleted === undefined ? undefined : new Date(saved.deleted);
    this.status = saved.status;
    this.reason = saved.reason;
    this.desired = saved.desired && withTemplate(saved.desired);
    this.previous = saved.previous && withTemplate(saved.previous);
    this.outputs = saved.outputs;
    for (const resource of saved.resources) this.resources.set(resource.logicalId, resource);
    for (const { created, desired, ...changeSet } of saved.changeSets) {
      const restored = { ...changeSet, created: new Date(created), desired: withTemplate(desired) };
      this.changeSets.set(changeSet.name, restored);
    }
    this.events.push(...saved.events.map((event) => ({ ...event, time: new Date(event.time) })));
    this.terminationProtection = saved.terminationProtection;
    this.changes = saved.changes;
  }

  get isBusy(): boolean {
    return this.status.endsWith('_IN_PROGRESS') && this.status !== 'REVIEW_IN_PROGRESS';
  }

  record(event: Omit<StackEvent, 'id' | 'time' | 'token'>): void {
    const time = this.clock();
    this.events.push({ ...event, token: this.token, id: `${event.logicalId}-${time.getTime()}`, time });
  }

  /** Records an event of the stack itself, and takes its status over. */
  enter(status: string, operationId: string, reason?: string): void {
    this.status = status;
    this.reason = reason;
    const { name, id } = this;
    const type = 'AWS::CloudFormation::Stack';
    this.record({ operationId, logicalId: name, physicalId: id, type, status, reason });
  }
}

function withoutTemplate({ template: _, ...desired }: Desired): SavedDesired {
  return desired;
}

function withTemplate(saved: SavedDesired): Desired {
  return { ...saved, template: parseTemplate(saved.body) };
}

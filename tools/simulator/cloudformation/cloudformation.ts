import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { GetParametersCommand } from '@aws-sdk/client-ssm';
import type { Faults } from '../faults';
import type { Authorizer } from '../gateway/authorizer';
import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';
import type { DeployRoles } from '../iam/deploy-role';
import type { Session, Sessions } from '../gateway/sessions';
import { Clients } from './clients';
import { Deployment, INTERRUPTED } from './deployment';
import { plan, replacing, type Surroundings } from './plan';
import type { ProviderContext } from './provider';
import { queryResponse } from '../gateway/query-response';
import { type Change, type ChangeSet, type Desired, type SavedStack, Stack, type Tag } from './stack';
import { parseTemplate, type Template } from './template';

/** DescribeStacks waits for a running operation as long: whoever polls learns of its end at once. */
const HOLD_MS = 20_000;
/** How long somebody else's operation lasts. */
const BUSY_MS = 2000;
const MAX_TEMPLATE_BODY = 51_200;
const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

/**
 * The CloudFormation API: stacks and change sets, whose resources are made through the gateway itself.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/
 */
export class CloudFormation implements Service {
  /** By id; deleted stacks stay, as on AWS. */
  private readonly stacks = new Map<string, Stack>();
  private lastEvent = 0;

  constructor(
    private readonly aws: {
      readonly account: string;
      readonly region: string;
      readonly sessions: Sessions;
      /** As whom an operation is rolled back whose caller is gone. */
      administrator(): Session;
      readonly authorizer: Authorizer;
      readonly deployRoles: DeployRoles;
      readonly faults: Faults;
      /** Of the gateway, once it listens. */
      url(): string;
      readonly untilServiceIsSteady: ProviderContext['untilServiceIsSteady'];
      readonly functionCode: ProviderContext['functionCode'];
    },
  ) {}

  /** The stacks that exist, in the order of their creation. */
  all(): readonly Stack[] {
    return [...this.stacks.values()].filter((stack) => stack.status !== 'DELETE_COMPLETE');
  }

  get isBusy(): boolean {
    return this.all().some((stack) => stack.isBusy);
  }

  save(): SavedStack[] {
    return [...this.stacks.values()].map((stack) => stack.save());
  }

  restore(saved: readonly SavedStack[]): void {
    for (const one of saved) {
      const { arn, accessKeyId, phase } = one.owner;
      const credentials = { accessKeyId, secretAccessKey: '', sessionToken: '' };
      const owner = this.aws.sessions.find(accessKeyId) ?? { arn, credentials, phase: () => phase };
      const stack = new Stack(one.id, one.name, () => this.clock(), owner);
      stack.restore(one);
      this.stacks.set(stack.id, stack);
    }
  }

  /** Ends, as failures end, the operations that a simulator had begun which was killed. */
  rollBackInterrupted(): void {
    for (const stack of this.all()) {
      if (!stack.isBusy) continue;
      if (stack.status.startsWith('DELETE')) {
        stack.enter('DELETE_FAILED', randomUUID(), INTERRUPTED);
        continue;
      }
      const { previous, desired } = stack;
      const work = (deployment: Deployment): Promise<void> => deployment.rollBackInterrupted(previous);
      this.start(stack, this.aws.administrator(), desired?.roleArn, work, 'rollback');
    }
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const { operation } = request;
    const play = Object.hasOwn(this.operations, operation) ? this.operations[operation] : undefined;
    if (!play)
      throw new AwsError('InvalidAction', `The simulator does not answer cloudformation:${operation}.`);
    return queryResponse(NAMESPACE, operation, await play(inputOf(request), request.session));
  }

  private readonly operations: Readonly<
    Record<string, (input: Input, session: Session) => Promise<object> | object>
  > = {
    CreateStack: async (input, session) => {
      const name = required(input, 'StackName');
      if (this.named(name)) throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`);
      const desired = await this.desired(input, session);
      const stack = this.newStack(name, session);
      stack.token = input.ClientRequestToken;
      this.start(stack, session, desired.roleArn, async (deployment) =>
        deployment.apply(desired, plan(stack, desired, this.surroundings)),
      );
      return { StackId: stack.id };
    },

    UpdateStack: async (input, session) => {
      const stack = this.updatable(required(input, 'StackName'));
      const desired = await this.desired(input, session, stack);
      const changes = plan(stack, desired, this.surroundings);
      if (!changes.length && isUnchanged(stack, desired)) {
        throw new AwsError('ValidationError', 'No updates are to be performed.');
      }
      stack.token = input.ClientRequestToken;
      this.start(stack, session, desired.roleArn, (deployment) => deployment.apply(desired, changes));
      return { StackId: stack.id };
    },

    DeleteStack: (input, session) => {
      const stack = this.named(required(input, 'StackName'));
      if (!stack) return {};
      if (stack.terminationProtection) {
        const message = `Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`;
        throw new AwsError('ValidationError', message);
      }
      this.refuseWhileBusy(stack);
      stack.token = input.ClientRequestToken;
      const work = async (deployment: Deployment): Promise<void> => {
        await deployment.delete();
        if (stack.status === 'DELETE_COMPLETE') stack.deleted = this.clock();
      };
      this.start(stack, session, input.RoleARN ?? stack.desired?.roleArn, work, 'delete');
      return {};
    },

    DescribeStacks: async (input) => {
      const one = input.StackName === undefined ? undefined : this.existing(input.StackName);
      if (one) await settled(one);
      // A stack that has been deleted is found by its id only.
      if (one && input.StackName === one.name) this.existing(input.StackName);
      return { Stacks: (one ? [one] : this.all()).map((stack) => this.describe(stack)) };
    },

    ListStacks: (input) => {
      const wanted = input.StackStatusFilter;
      return {
        StackSummaries: [...this.stacks.values()]
          .filter((stack) => !wanted || wanted.includes(stack.status))
          .map((stack) => ({
            StackId: stack.id,
            StackName: stack.name,
            CreationTime: stack.created,
            LastUpdatedTime: stack.updated,
            DeletionTime: stack.deleted,
            StackStatus: stack.status,
          })),
      };
    },

    UpdateTerminationProtection: (input) => {
      const stack = this.existing(required(input, 'StackName'));
      stack.terminationProtection = input.EnableTerminationProtection === 'true';
      return { StackId: stack.id };
    },

    CreateChangeSet: async (input, session) => {
      const name = required(input, 'StackName');
      const type = input.ChangeSetType === 'CREATE' ? 'CREATE' : 'UPDATE';
      const known = this.named(name);
      if (type === 'CREATE' && known && known.status !== 'REVIEW_IN_PROGRESS') {
        const message = `Stack [${name}] already exists and cannot be created again with the changeSet [${input.ChangeSetName}].`;
        throw new AwsError('AlreadyExistsException', message);
      }
      if (type === 'UPDATE') this.updatable(name);
      const desired = await this.desired(input, session, known);
      const stack = known ?? this.newStack(name, session);
      const changeSet = this.changeSet(stack, type, required(input, 'ChangeSetName'), desired);
      stack.changeSets.set(changeSet.name, changeSet);
      if (!known) stack.enter('REVIEW_IN_PROGRESS', randomUUID(), 'User Initiated');
      return { Id: changeSet.id, StackId: stack.id };
    },

    DescribeChangeSet: (input) => {
      const { stack, changeSet } = this.changeSetOf(input);
      return {
        ChangeSetId: changeSet.id,
        ChangeSetName: changeSet.name,
        StackId: stack.id,
        StackName: stack.name,
        Description: changeSet.description,
        CreationTime: changeSet.created,
        Status: changeSet.status,
        StatusReason: changeSet.reason,
        ExecutionStatus: changeSet.executionStatus,
        Parameters: parametersOf(changeSet.desired),
        Tags: changeSet.desired.tags,
        Changes: changeSet.changes.map((change) => ({
          Type: 'Resource',
          ResourceChange: resourceChange(change, input.IncludePropertyValues === 'true'),
        })),
      };
    },

    ListChangeSets: (input) => {
      const stack = this.existing(required(input, 'StackName'));
      return {
        Summaries: [...stack.changeSets.values()].map((changeSet) => ({
          StackId: stack.id,
          StackName: stack.name,
          ChangeSetId: changeSet.id,
          ChangeSetName: changeSet.name,
          Status: changeSet.status,
          ExecutionStatus: changeSet.executionStatus,
          CreationTime: changeSet.created,
        })),
      };
    },

    ExecuteChangeSet: (input, session) => {
      const { stack, changeSet } = this.changeSetOf(input);
      if (changeSet.executionStatus !== 'AVAILABLE') {
        const message = `ChangeSet [${changeSet.id}] cannot be executed in its current status of [${changeSet.status}]`;
        throw new AwsError('InvalidChangeSetStatus', message);
      }
      if (session.phase() !== undefined) this.letSomebodyBegin(stack);
      this.refuseWhileBusy(stack);
      // Those that were made before this one describe a stack that will be another.
      stack.changeSets.clear();
      const { desired, changes } = changeSet;
      stack.token = input.ClientRequestToken;
      this.start(stack, session, desired.roleArn, (deployment) => deployment.apply(desired, changes));
      return {};
    },

    DeleteChangeSet: (input) => {
      const name = input.ChangeSetName ?? '';
      const stack = input.StackName === undefined ? undefined : this.named(input.StackName);
      for (const owner of stack ? [stack] : this.all()) {
        for (const { id, name: other } of owner.changeSets.values()) {
          if (id === name || (stack && other === name)) owner.changeSets.delete(other);
        }
      }
      return {};
    },

    DescribeStackEvents: (input) => {
      const name = required(input, 'StackName');
      const stack = this.find(name);
      if (!stack) throw new AwsError('ValidationError', `Stack [${name}] does not exist`);
      return {
        StackEvents: [...stack.events].reverse().map((event) => ({
          StackId: stack.id,
          StackName: stack.name,
          EventId: event.id,
          OperationId: event.operationId,
          ClientRequestToken: event.token,
          LogicalResourceId: event.logicalId,
          PhysicalResourceId: event.physicalId,
          ResourceType: event.type,
          ResourceStatus: event.status,
          ResourceStatusReason: event.reason,
          Timestamp: event.time,
        })),
      };
    },

    DescribeStackResources: (input) => {
      const stack = this.existing(required(input, 'StackName'));
      const { LogicalResourceId: only } = input;
      const resources = [...stack.resources.values()].filter(({ logicalId }) => !only || logicalId === only);
      return {
        StackResources: resources.map((resource) => ({
          StackId: stack.id,
          StackName: stack.name,
          ...this.summaryOf(resource),
          Timestamp: stack.updated ?? stack.created,
        })),
      };
    },

    ListStackResources: (input) => {
      const stack = this.existing(required(input, 'StackName'));
      const resources = [...stack.resources.values()];
      return {
        StackResourceSummaries: resources.map((resource) => ({
          ...this.summaryOf(resource),
          LastUpdatedTimestamp: stack.updated ?? stack.created,
        })),
      };
    },

    GetTemplate: (input) => {
      const { desired } = this.existing(required(input, 'StackName'));
      return { TemplateBody: desired?.body ?? '{}', StagesAvailable: ['Original', 'Processed'] };
    },

    GetTemplateSummary: async (input, session) => {
      const template =
        input.StackName === undefined
          ? parseTemplate(await this.body(input, session))
          : this.existing(input.StackName).desired?.template;
      return {
        Description: template?.Description,
        Parameters: Object.entries(template?.Parameters ?? {}).map(([ParameterKey, parameter]) => ({
          ParameterKey,
          ParameterType: parameter.Type,
          DefaultValue: parameter.Default,
        })),
        ResourceTypes: [...new Set(Object.values(template?.Resources ?? {}).map(({ Type }) => Type))],
      };
    },

    ListExports: () => ({
      Exports: this.all().flatMap((stack) =>
        stack.outputs
          .filter(({ exportName }) => exportName !== undefined)
          .map(({ exportName, value }) => ({ ExportingStackId: stack.id, Name: exportName, Value: value })),
      ),
    }),
  };

  private get surroundings(): Surroundings {
    const { account, region } = this.aws;
    return {
      account,
      region,
      imported: (name) => this.exported(name),
      output: (stack, name) => this.output(stack, name),
    };
  }

  private exported(name: string): string {
    const outputs = this.all().flatMap((stack) => stack.outputs);
    const found = outputs.find(({ exportName }) => exportName === name);
    if (!found) throw new Error(`No export named ${name} found.`);
    return found.value;
  }

  private output(stack: string, name: string): string {
    const found = this.existing(stack).outputs.find(({ key }) => key === name);
    if (!found) throw new Error(`Output ${name} does not exist in stack ${stack}`);
    return found.value;
  }

  /** Begins an operation as the service role, or as the caller where there is none. */
  private start(
    stack: Stack,
    caller: Session,
    roleArn: string | undefined,
    work: (deployment: Deployment) => Promise<void>,
    kind: 'change' | 'rollback' | 'delete' = 'change',
  ): void {
    const { aws, surroundings } = this;
    const operationId = randomUUID();
    if (kind !== 'rollback') stack.previous = stack.desired;
    stack.operation = (async () => {
      const session = roleArn ? await this.assume(roleArn, caller) : caller;
      const clients = new Clients(aws.url(), aws.region, session);
      const { authorizer, deployRoles, faults, functionCode, untilServiceIsSteady } = aws;
      const options = {
        ...surroundings,
        session,
        clients,
        deployRoles,
        faults,
        operationId,
        untilServiceIsSteady,
        functionCode,
        async mayAssume(service: string, role: string) {
          return (await authorizer.mayAssume(service, role, {})).allowed;
        },
      };
      await work(new Deployment(stack, options));
    })().catch((error: unknown) => {
      // Before any resource was touched: a deployment tells of what happens later in events of its own.
      const back = `${stack.previous ? 'UPDATE_ROLLBACK' : 'ROLLBACK'}_${kind === 'change' ? 'COMPLETE' : 'FAILED'}`;
      stack.enter(kind === 'delete' ? 'DELETE_FAILED' : back, operationId, (error as Error).message);
    });
    if (stack.desired) stack.updated = this.clock();
    // Busy from now on, though the role is still to be assumed.
    if (!stack.isBusy) stack.status = stack.desired ? 'UPDATE_IN_PROGRESS' : 'CREATE_IN_PROGRESS';
  }

  private async assume(roleArn: string, caller: Session): Promise<Session> {
    const { authorizer, account, sessions } = this.aws;
    const verdict = await authorizer.mayAssume('cloudformation.amazonaws.com', roleArn, {
      'aws:SourceAccount': account,
    });
    const name = roleArn.split('/').pop() ?? '';
    if (!verdict.allowed) throw new Error(`Role ${roleArn} is invalid or cannot be assumed`);
    const arn = `arn:aws:sts::${account}:assumed-role/${name}/AWSCloudFormation`;
    return sessions.issue({ arn, roleArn, parent: caller });
  }

  private async desired(input: Input, session: Session, stack?: Stack): Promise<Desired> {
    if (input.DisableRollback === 'true') {
      throw new AwsError('ValidationError', 'The simulator does not play DisableRollback.');
    }
    const body =
      input.UsePreviousTemplate === 'true' ? stack?.desired?.body : await this.body(input, session);
    const template = parseTemplate(body ?? '');
    requireCapabilities(template, input.Capabilities ?? []);
    const given = givenParameters(template, input, stack);
    return {
      body: body ?? '',
      template,
      given,
      parameters: await this.parameters(template, given, session),
      tags: input.Tags ?? stack?.desired?.tags ?? [],
      roleArn: input.RoleARN ?? stack?.desired?.roleArn,
    };
  }

  private async body(input: Input, session: Session): Promise<string> {
    if (input.TemplateBody !== undefined) {
      if (Buffer.byteLength(input.TemplateBody) <= MAX_TEMPLATE_BODY) return input.TemplateBody;
      const message = `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${MAX_TEMPLATE_BODY}`;
      throw new AwsError('ValidationError', message);
    }
    if (input.TemplateURL === undefined) {
      throw new AwsError('ValidationError', 'Either Template URL or Template Body must be specified.');
    }
    const { Bucket, Key } = objectAt(input.TemplateURL);
    const { s3 } = new Clients(this.aws.url(), this.aws.region, session);
    const object = await s3.send(new GetObjectCommand({ Bucket, Key })).catch((error: Error) => {
      throw new AwsError('ValidationError', `S3 error: ${error.message}`);
    });
    return (await object.Body?.transformToString()) ?? '';
  }

  /** Values of the types `AWS::SSM::Parameter::Value<…>` are read with the caller's permissions. */
  private async parameters(
    template: Template,
    given: Desired['given'],
    session: Session,
  ): Promise<Desired['parameters']> {
    const entries = Object.entries(given);
    const typeOf = (name: string): string => template.Parameters?.[name]?.Type ?? 'String';
    const stored = entries.filter(([name]) => typeOf(name).startsWith('AWS::SSM::Parameter::Value'));
    const values = new Map<string, string>();
    if (stored.length) {
      const { ssm } = new Clients(this.aws.url(), this.aws.region, session);
      const Names = [...new Set(stored.map(([, name]) => name))];
      const found = await ssm.send(new GetParametersCommand({ Names })).catch((error: Error) => {
        throw new AwsError('ValidationError', error.message);
      });
      if (found.InvalidParameters?.length) {
        const missing = found.InvalidParameters.join(', ');
        const message = `Unable to fetch parameters [${missing}] from parameter store for this account.`;
        throw new AwsError('ValidationError', message);
      }
      for (const { Name = '', Value = '' } of found.Parameters ?? []) values.set(Name, Value);
    }
    return Object.fromEntries(
      entries.map(([name, value]) => {
        const text = typeOf(name).startsWith('AWS::SSM::Parameter::Value')
          ? (values.get(value) ?? '')
          : value;
        return [name, /^(CommaDelimitedList|.*List<.*>.*)$/.test(typeOf(name)) ? text.split(',') : text];
      }),
    );
  }

  private changeSet(stack: Stack, type: ChangeSet['type'], name: string, desired: Desired): ChangeSet {
    const base = { id: this.arn(`changeSet/${name}`), name, type, created: this.clock(), desired };
    try {
      const changes = plan(stack, desired, this.surroundings);
      if (changes.length || !isUnchanged(stack, desired)) {
        return { ...base, changes, status: 'CREATE_COMPLETE', executionStatus: 'AVAILABLE' };
      }
      const reason =
        "The submitted information didn't contain changes. Submit different information to create a change set.";
      return { ...base, changes, status: 'FAILED', executionStatus: 'UNAVAILABLE', reason };
    } catch (error) {
      const reason = (error as Error).message;
      return { ...base, changes: [], status: 'FAILED', executionStatus: 'UNAVAILABLE', reason };
    }
  }

  private changeSetOf(input: Input): { stack: Stack; changeSet: ChangeSet } {
    const name = required(input, 'ChangeSetName');
    const candidates = input.StackName === undefined ? this.all() : [this.existing(input.StackName)];
    for (const stack of candidates) {
      for (const changeSet of stack.changeSets.values()) {
        if (changeSet.id === name || (input.StackName !== undefined && changeSet.name === name)) {
          return { stack, changeSet };
        }
      }
    }
    throw new AwsError('ChangeSetNotFound', `ChangeSet [${name}] does not exist`, 404);
  }

  private describe(stack: Stack): object {
    return {
      StackId: stack.id,
      StackName: stack.name,
      Description: stack.desired?.template.Description,
      CreationTime: stack.created,
      LastUpdatedTime: stack.updated,
      DeletionTime: stack.deleted,
      StackStatus: stack.status,
      StackStatusReason: stack.reason,
      DisableRollback: false,
      EnableTerminationProtection: stack.terminationProtection,
      RoleARN: stack.desired?.roleArn,
      Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'],
      Parameters: stack.desired && parametersOf(stack.desired),
      Tags: stack.desired?.tags,
      Outputs: stack.outputs.map(({ key, value, description, exportName }) => ({
        OutputKey: key,
        OutputValue: value,
        Description: description,
        ExportName: exportName,
      })),
    };
  }

  private summaryOf(resource: {
    logicalId: string;
    physicalId: string;
    type: string;
    status: string;
  }): object {
    return {
      LogicalResourceId: resource.logicalId,
      PhysicalResourceId: resource.physicalId,
      ResourceType: resource.type,
      ResourceStatus: resource.status,
    };
  }

  private newStack(name: string, owner: Session): Stack {
    if (!/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name)) {
      const message = `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`;
      throw new AwsError('ValidationError', message);
    }
    const stack = new Stack(this.arn(`stack/${name}`), name, () => this.clock(), owner);
    this.stacks.set(stack.id, stack);
    return stack;
  }

  /** By name, among those that exist. */
  private named(nameOrId: string): Stack | undefined {
    return this.all().find(({ name, id }) => name === nameOrId || id === nameOrId);
  }

  private find(nameOrId: string): Stack | undefined {
    return this.stacks.get(nameOrId) ?? this.named(nameOrId);
  }

  private existing(nameOrId: string): Stack {
    const stack = this.find(nameOrId);
    if (!stack) throw new AwsError('ValidationError', `Stack with id ${nameOrId} does not exist`);
    return stack;
  }

  private updatable(nameOrId: string): Stack {
    const stack = this.named(nameOrId);
    if (!stack) throw new AwsError('ValidationError', `Stack [${nameOrId}] does not exist`);
    this.refuseWhileBusy(stack);
    if (/^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT)_COMPLETE$/.test(stack.status)) return stack;
    throw inState(stack);
  }

  /** `--fault stack-busy`: an operation of somebody else, which changes nothing. */
  private letSomebodyBegin(stack: Stack): void {
    const { faults } = this.aws;
    if (!faults.asks('stack-busy', stack.name) || !faults.first('stack-busy')) return;
    const id = randomUUID();
    stack.token = undefined;
    const [begun, ended] = stack.desired
      ? ['UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE']
      : ['CREATE_IN_PROGRESS', 'ROLLBACK_COMPLETE'];
    stack.enter(begun, id, 'User Initiated');
    stack.operation = delay(BUSY_MS, undefined, { ref: false }).then(() => stack.enter(ended, id));
  }

  private refuseWhileBusy(stack: Stack): void {
    if (stack.isBusy) throw inState(stack);
  }

  private arn(resource: string): string {
    return `arn:aws:cloudformation:${this.aws.region}:${this.aws.account}:${resource}/${randomUUID()}`;
  }

  private clock(): Date {
    this.lastEvent = Math.max(Date.now(), this.lastEvent + 1);
    return new Date(this.lastEvent);
  }
}

/** With values, as they are known before the deployment; AWS has numbers and truth values as text, as here. */
function resourceChange(change: Change, withValues: boolean): object {
  const { action, logicalId, type, replacement, properties, before, after } = change;
  const recreated = replacing(type, properties);
  return {
    PolicyAction: policyAction(change),
    Action: action,
    LogicalResourceId: logicalId,
    PhysicalResourceId: change.physicalId,
    ResourceType: type,
    Replacement: replacement,
    Scope: properties.length ? ['Properties'] : [],
    Details: properties.map((Name) => ({
      Target: {
        Attribute: 'Properties',
        Name,
        RequiresRecreation: recreated.includes(Name) ? 'Always' : 'Never',
        ...(withValues && {
          Path: `/Properties/${Name}`,
          BeforeValue: valueText(before?.Properties[Name]),
          AfterValue: valueText(after?.Properties[Name]),
          AttributeChangeType: attributeChange(before?.Properties[Name], after?.Properties[Name]),
        }),
      },
      Evaluation: 'Static',
      ChangeSource: 'DirectModification',
    })),
    ...(withValues && {
      BeforeContext: before && JSON.stringify(before, asTexts),
      AfterContext: after && JSON.stringify(after, asTexts),
    }),
  };
}

/** What becomes of the physical resource. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html */
function policyAction({ action, replacement, before }: Change): string | undefined {
  if (action === 'Remove') {
    const policy = before?.DeletionPolicy ?? 'Delete';
    return policy === 'RetainExceptOnCreate' ? 'Retain' : policy;
  }
  return replacement === 'True' ? `ReplaceAnd${before?.UpdateReplacePolicy ?? 'Delete'}` : undefined;
}

function attributeChange(before: unknown, after: unknown): string {
  if (before === undefined) return 'Add';
  return after === undefined ? 'Remove' : 'Modify';
}

function valueText(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null
    ? JSON.stringify(value, asTexts)
    : (value as string | undefined) && String(value);
}

function asTexts(_: string, value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}

/** The inputs of all operations; values are text, as the Query protocol has them. */
interface Input {
  readonly StackName?: string;
  readonly ChangeSetName?: string;
  readonly ChangeSetType?: string;
  readonly TemplateBody?: string;
  readonly TemplateURL?: string;
  readonly UsePreviousTemplate?: string;
  readonly RoleARN?: string;
  readonly ClientRequestToken?: string;
  readonly DisableRollback?: string;
  readonly EnableTerminationProtection?: string;
  readonly IncludePropertyValues?: string;
  readonly LogicalResourceId?: string;
  readonly Capabilities?: readonly string[];
  readonly StackStatusFilter?: readonly string[];
  readonly Tags?: readonly Tag[];
  readonly Parameters?: readonly {
    readonly ParameterKey: string;
    readonly ParameterValue?: string;
    readonly UsePreviousValue?: string;
  }[];
}

const LISTS = ['Capabilities', 'Parameters', 'StackStatusFilter', 'Tags'];

/** The Query protocol sends an empty list as an empty text. */
function inputOf({ input }: AwsRequest): Input {
  return Object.fromEntries(
    Object.entries(input).filter(([name, value]) => value !== '' || !LISTS.includes(name)),
  );
}

function required(input: Input, name: 'StackName' | 'ChangeSetName'): string {
  const value = input[name];
  if (value) return value;
  throw new AwsError(
    'ValidationError',
    `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`,
  );
}

async function settled(stack: Stack): Promise<void> {
  const waited = new AbortController();
  await Promise.race([
    stack.operation,
    delay(HOLD_MS, undefined, { signal: waited.signal }).catch(() => undefined),
  ]);
  waited.abort();
}

function inState({ id, status }: Stack): AwsError {
  return new AwsError('ValidationError', `Stack:${id} is in ${status} state and can not be updated.`);
}

/** Outputs and tags are changes too, though of no resource. */
function isUnchanged({ desired: old }: Stack, wanted: Desired): boolean {
  return (
    old !== undefined &&
    isDeepStrictEqual(old.template.Outputs, wanted.template.Outputs) &&
    isDeepStrictEqual(old.tags, wanted.tags)
  );
}

function requireCapabilities(template: Template, capabilities: readonly string[]): void {
  const types = Object.values(template.Resources).map(({ Type }) => Type);
  const needed = types.some((type) => /^AWS::IAM::(Role|Policy|ManagedPolicy|User|Group)$/.test(type));
  if (!needed || capabilities.some((capability) => /^CAPABILITY_(NAMED_)?IAM$/.test(capability))) return;
  throw new AwsError('InsufficientCapabilitiesException', 'Requires capabilities : [CAPABILITY_IAM]');
}

/** @throws AwsError that names every parameter without a value, or that the template does not have */
function givenParameters(template: Template, input: Input, stack: Stack | undefined): Desired['given'] {
  const declared = template.Parameters ?? {};
  const given = new Map((input.Parameters ?? []).map((parameter) => [parameter.ParameterKey, parameter]));
  const unknown = [...given.keys()].filter((name) => !(name in declared));
  if (unknown.length) {
    throw new AwsError('ValidationError', `Parameters: [${unknown.join(', ')}] do not exist in the template`);
  }
  const values = Object.entries(declared).map(([name, { Default }]) => {
    const { ParameterValue, UsePreviousValue } = given.get(name) ?? {};
    const previous = UsePreviousValue === 'true' ? stack?.desired?.given[name] : undefined;
    const byDefault = Default === undefined ? undefined : String(Default);
    return [name, ParameterValue ?? previous ?? byDefault] as const;
  });
  const missing = values.filter(([, value]) => value === undefined).map(([name]) => name);
  if (missing.length) {
    throw new AwsError('ValidationError', `Parameters: [${missing.join(', ')}] must have values`);
  }
  return Object.fromEntries(values.map(([name, value]) => [name, value ?? '']));
}

function parametersOf({ given, parameters }: Desired): object[] {
  return Object.entries(given).map(([ParameterKey, ParameterValue]) => {
    const resolved = String(parameters[ParameterKey]);
    return {
      ParameterKey,
      ParameterValue,
      ResolvedValue: resolved === ParameterValue ? undefined : resolved,
    };
  });
}

/** The object behind a template's URL, of either style and any host. */
function objectAt(url: string): { Bucket: string; Key: string } {
  const { hostname, pathname } = new URL(url);
  const path = decodeURIComponent(pathname.slice(1));
  const [, bucketInHost] = /^(.+)\.s3[.-].*amazonaws\.com/.exec(hostname) ?? [];
  if (bucketInHost) return { Bucket: bucketInHost, Key: path };
  const slash = path.indexOf('/');
  return { Bucket: path.slice(0, slash), Key: path.slice(slash + 1) };
}

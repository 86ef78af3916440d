import type { Permission } from '../gateway/names';
import type { Session } from '../gateway/sessions';
import type { NamedPolicy } from '../../iam/evaluate';
import {
  actionsOf,
  type HandledResource,
  type Handler,
  HANDLERS,
  isWrittenDown,
  permissionsForProperties,
  permissionsOfHandler,
} from './handlers';
import { listOf, type Statement, statementsOf } from '../../iam/policy';
import type { Remedy } from './remedy';
import { matchesWildcard } from '../../iam/wildcard';

/** What CloudFormation's handlers need of the execution role, for the types of the stacks that a build deployed. */
export interface DeployRole {
  /** Its name. */
  readonly role: string;
  readonly lacks: readonly LackingPermission[];
  /** Actions of its policies that no handler of the deployed types needs and nothing used. */
  readonly tooMuch: readonly string[];
  /** Types whose handlers' permissions are not written down. */
  readonly notJudged: readonly string[];
}

export interface LackingPermission {
  readonly type: string;
  readonly logicalId: string;
  /** Which would fail; absent for what only a property needs. */
  readonly handler?: Handler;
  readonly action: string;
  readonly resource: string;
  /** What would allow it; absent where no statement would. */
  readonly statement?: Statement;
  /** What to change, one sentence. */
  readonly change: string;
}

/** The part of the authorizer that judges without a request. */
interface Judge {
  lacks(
    session: Session,
    permission: Permission,
  ): Promise<{ readonly message: string; readonly remedy?: Remedy } | undefined>;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html */
const OF_TEMPLATES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/AWS::SSM::Parameter::Value|\{\{resolve:ssm/, ['ssm:GetParameters']],
  [/\{\{resolve:secretsmanager/, ['secretsmanager:GetSecretValue']],
  [
    /Fn::GetAZs|!GetAZs/,
    ['ec2:DescribeAccountAttributes', 'ec2:DescribeAvailabilityZones', 'ec2:DescribeSubnets'],
  ],
];

/** A call of a handler that the execution role does not allow. */
export class HandlerDenied extends Error {
  override readonly name = 'AccessDenied';
  /** Marks it as the answer of a service. */
  readonly $metadata = {};
}

/** Judges what CloudFormation's handlers would call with the execution role's credentials, whether they run here or not. */
export class DeployRoles {
  private role?: string;
  private readonly lacking = new Map<string, LackingPermission>();
  private readonly needed = new Set<string>();
  private readonly unknown = new Set<string>();

  constructor(private readonly judge: Judge) {}

  /**
   * Judges all handlers of a resource's type, and remembers for a build's deployment what the role lacks.
   *
   * @param running the handler that is about to run
   * @throws HandlerDenied when that one would be denied a call
   */
  async require(session: Session, resource: HandledResource, running: Handler): Promise<void> {
    if (session.roleArn === undefined) return;
    const byBuild = session.phase() !== undefined;
    if (byBuild) this.role = session.roleArn;
    if (!isWrittenDown(resource.type)) {
      if (byBuild) this.unknown.add(resource.type);
      return;
    }
    if (byBuild) for (const action of actionsOf(resource)) this.needed.add(action);
    const lacks = await this.lacksOf(session, resource, byBuild ? HANDLERS : [running]);
    if (byBuild) for (const { lacking } of lacks) this.remember(lacking);
    const first = lacks.find(({ lacking }) => lacking.handler === running);
    if (!first) return;
    const { statement, change } = first.lacking;
    const told = statement ? `${change}: ${JSON.stringify(statement)}` : change;
    throw new HandlerDenied(`${first.message} [simulated: ${told}]`);
  }

  /**
   * Remembers what CloudFormation asks for a build's template itself, before any resource.
   *
   * @param read of other stacks, which is judged
   * @throws HandlerDenied
   */
  async reads(session: Session, template: string, read: readonly Permission[]): Promise<void> {
    if (session.roleArn === undefined) return;
    if (session.phase() !== undefined) {
      for (const [used, actions] of OF_TEMPLATES) {
        if (used.test(template)) for (const action of actions) this.needed.add(action);
      }
      for (const { action } of read) this.needed.add(action);
    }
    for (const permission of read) {
      const lacks = await this.judge.lacks(session, permission);
      if (lacks) throw new HandlerDenied(lacks.message);
    }
  }

  /** @returns undefined when no build deployed anything with a role */
  report(policies: readonly NamedPolicy[], used: readonly string[]): DeployRole | undefined {
    if (this.role === undefined) return undefined;
    const needed = [...this.needed, ...used];
    const granted = policies.flatMap(({ document }) =>
      statementsOf(document)
        .filter(({ Effect }) => Effect === 'Allow')
        .flatMap(({ Action }) => listOf(Action)),
    );
    const tooMuch = granted.filter(
      (pattern) => !needed.some((action) => matchesWildcard(pattern, action, { ignoreCase: true })),
    );
    return {
      role: this.role.split('/').pop() ?? this.role,
      lacks: [...this.lacking.values()],
      tooMuch: [...new Set(tooMuch)].sort(),
      notJudged: [...this.unknown].sort(),
    };
  }

  /** Of the role that the build's deployments had. */
  get roleArn(): string | undefined {
    return this.role;
  }

  private async lacksOf(
    session: Session,
    resource: HandledResource,
    handlers: readonly Handler[],
  ): Promise<{ lacking: LackingPermission; message: string }[]> {
    const asked: { handler?: Handler; permission: Permission }[] = [
      ...handlers.flatMap((handler) =>
        permissionsOfHandler(handler, resource).map((permission) => ({ handler, permission })),
      ),
      ...permissionsForProperties(resource).map((permission) => ({ permission })),
    ];
    const judged = await Promise.all(
      asked.map(async ({ handler, permission }) => {
        const denied = await this.judge.lacks(session, permission);
        if (!denied) return [];
        const { type, logicalId } = resource;
        const { action, resource: on } = permission;
        const { statement, change = denied.message } = denied.remedy ?? {};
        return [
          {
            lacking: { type, logicalId, handler, action, resource: on, statement, change },
            message: denied.message,
          },
        ];
      }),
    );
    return judged.flat();
  }

  /** The first handler that needs it stands for all. */
  private remember(lacking: LackingPermission): void {
    const key = JSON.stringify([lacking.logicalId, lacking.action, lacking.resource]);
    if (!this.lacking.has(key)) this.lacking.set(key, lacking);
  }
}

import { at, flag, isObject, list, number, object, text, texts } from '../../values';
import { nameOf, referredTo, resourcesOf } from './resources';
import type { Role } from './role';
import type { Resource, Stack } from './stack';

/** A CodeBuild project of a template. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-project.html */
export interface Project {
  readonly stack: Stack;
  readonly resource: Resource;
  /** Its literal name, or `‹LogicalId›`. */
  readonly name: string;
  readonly source: {
    /** E.g. `GITHUB`, `CODEPIPELINE`, `NO_SOURCE`. */
    readonly type: string;
    readonly location?: string;
    /** As written: a path, or a whole buildspec. */
    readonly buildspec?: string;
    readonly cloneDepth?: number;
    readonly reportBuildStatus?: boolean;
    readonly auth?: { readonly type: string; readonly resource?: string };
  };
  readonly webhook?: {
    /** Empty: every push and every pull request. */
    readonly filterGroups: readonly (readonly Filter[])[];
    readonly requiresCommentApproval?: string;
  };
  readonly environment: {
    readonly image: string;
    /** E.g. `LINUX_CONTAINER`, `ARM_CONTAINER`. */
    readonly type: string;
    readonly computeType: string;
    readonly privileged: boolean;
    readonly variables: readonly Variable[];
  };
  readonly artifacts: { readonly type: string; readonly location?: string; readonly name?: string };
  readonly cache: { readonly type: string; readonly modes: readonly string[]; readonly location?: string };
  readonly logGroup?: string;
  readonly timeoutMinutes: number;
  readonly concurrentBuildLimit?: number;
  readonly inVpc: boolean;
  /** Undefined where no template has it. */
  readonly role?: Role;
}

export interface Filter {
  readonly type: string;
  readonly pattern: string;
  readonly exclude: boolean;
}

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly type: 'PLAINTEXT' | 'PARAMETER_STORE' | 'SECRETS_MANAGER';
}

/** The CodeBuild projects of all stacks, with CodeBuild's defaults where a template says nothing. */
export function projectsOf(stacks: readonly Stack[], roles: readonly Role[]): Project[] {
  return resourcesOf(stacks, 'AWS::CodeBuild::Project').map(({ stack, resource }): Project => {
    const { properties } = resource;
    const role = text(properties, 'ServiceRole') ?? '';
    return {
      stack,
      resource,
      name: nameOf(resource, 'Name'),
      source: sourceOf(object(properties, 'Source')),
      webhook: webhookOf(object(properties, 'Triggers')),
      environment: {
        image: text(properties, 'Environment', 'Image') ?? '',
        type: text(properties, 'Environment', 'Type') ?? '',
        computeType: text(properties, 'Environment', 'ComputeType') ?? '',
        privileged: flag(properties, 'Environment', 'PrivilegedMode') ?? false,
        variables: list(properties, 'Environment', 'EnvironmentVariables').flatMap(variableOf),
      },
      artifacts: {
        type: text(properties, 'Artifacts', 'Type') ?? 'NO_ARTIFACTS',
        location: text(properties, 'Artifacts', 'Location'),
        name: text(properties, 'Artifacts', 'Name'),
      },
      cache: {
        type: text(properties, 'Cache', 'Type') ?? 'NO_CACHE',
        modes: texts(properties, 'Cache', 'Modes'),
        location: text(properties, 'Cache', 'Location'),
      },
      logGroup: text(properties, 'LogsConfig', 'CloudWatchLogs', 'GroupName'),
      timeoutMinutes: number(properties, 'TimeoutInMinutes') ?? 60,
      concurrentBuildLimit: number(properties, 'ConcurrentBuildLimit'),
      inVpc: at(properties, 'VpcConfig') !== undefined,
      role: referredTo(role, 'arn', stack, roles) ?? referredTo(role, 'name', stack, roles),
    };
  });
}

function sourceOf(source: Readonly<Record<string, unknown>>): Project['source'] {
  const buildspec = source.BuildSpec;
  return {
    type: text(source, 'Type') ?? '',
    location: text(source, 'Location'),
    buildspec: isObject(buildspec) ? JSON.stringify(buildspec) : text(buildspec),
    cloneDepth: number(source, 'GitCloneDepth'),
    reportBuildStatus: flag(source, 'ReportBuildStatus'),
    auth: isObject(source.Auth)
      ? { type: text(source, 'Auth', 'Type') ?? '', resource: text(source, 'Auth', 'Resource') }
      : undefined,
  };
}

function webhookOf(triggers: Readonly<Record<string, unknown>>): Project['webhook'] {
  if (flag(triggers, 'Webhook') !== true) return undefined;
  return {
    filterGroups: list(triggers, 'FilterGroups').map((group) =>
      list(group).map((filter) => ({
        type: text(filter, 'Type') ?? '',
        pattern: text(filter, 'Pattern') ?? '',
        exclude: flag(filter, 'ExcludeMatchedPattern') ?? false,
      })),
    ),
    requiresCommentApproval: text(triggers, 'PullRequestBuildPolicy', 'RequiresCommentApproval'),
  };
}

function variableOf(variable: unknown): Variable[] {
  const name = text(variable, 'Name');
  if (name === undefined) return [];
  const type = text(variable, 'Type');
  return [
    {
      name,
      value: text(variable, 'Value') ?? '',
      type: type === 'PARAMETER_STORE' || type === 'SECRETS_MANAGER' ? type : 'PLAINTEXT',
    },
  ];
}

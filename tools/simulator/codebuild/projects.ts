import type { WebhookSettings } from '../github/types';

/** A project as CodeBuild's API has it, as far as a build depends on it. */
export interface Project {
  readonly name: string;
  readonly arn: string;
  readonly serviceRole: string;
  readonly source: Source;
  /** A branch, tag, commit or `pr/N`; the repository's default branch where there is none. */
  readonly sourceVersion?: string;
  readonly artifacts: Artifacts;
  readonly secondaryArtifacts?: readonly Artifacts[];
  readonly environment: Environment;
  readonly cache?: {
    readonly type: string;
    /** Of an S3 cache: `bucket` or `bucket/prefix`. */
    readonly location?: string;
  };
  readonly logsConfig?: {
    readonly cloudWatchLogs?: {
      readonly status?: string;
      readonly groupName?: string;
      readonly streamName?: string;
    };
  };
  /** @default 60 */
  readonly timeoutInMinutes?: number;
  /** @default 480 */
  readonly queuedTimeoutInMinutes?: number;
  readonly concurrentBuildLimit?: number;
  readonly webhook?: Webhook;
  /** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectBadge.html */
  readonly badge?: { readonly badgeEnabled: boolean; readonly badgeRequestUrl?: string };
}

export interface Source {
  readonly type: string;
  readonly location?: string;
  /** A path in the source, or the buildspec itself. */
  readonly buildspec?: string;
  readonly gitCloneDepth?: number;
}

export interface Environment {
  readonly type?: string;
  readonly image: string;
  readonly computeType: string;
  readonly privilegedMode?: boolean;
  readonly imagePullCredentialsType?: string;
  readonly environmentVariables?: readonly {
    readonly name: string;
    readonly value: string;
    readonly type?: 'PLAINTEXT' | 'PARAMETER_STORE' | 'SECRETS_MANAGER';
  }[];
}

export interface Artifacts {
  readonly type: string;
  /** Of a secondary one: its name in the buildspec. */
  readonly artifactIdentifier?: string;
  readonly location?: string;
  readonly path?: string;
  readonly namespaceType?: string;
  readonly name?: string;
  readonly packaging?: string;
  readonly overrideArtifactName?: boolean;
}

export interface Webhook extends WebhookSettings {
  readonly url: string;
}

/** The CodeBuild projects of the emulated account. */
export class Projects {
  private readonly byName = new Map<string, Project>();

  get(name: string): Project | undefined {
    return this.byName.get(name) ?? [...this.byName.values()].find((project) => project.arn === name);
  }

  all(): readonly Project[] {
    return [...this.byName.values()];
  }

  save(): readonly Project[] {
    return this.all();
  }

  restore(saved: readonly Project[]): void {
    for (const project of saved) this.put(project);
  }

  put(project: Project): void {
    this.byName.set(project.name, project);
  }

  delete(name: string): void {
    this.byName.delete(name);
  }
}

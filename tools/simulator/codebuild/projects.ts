import type { WebhookFilter } from '../github/types';

/** A project as CodeBuild's API has it, as far as a build depends on it. */
export interface Project {
  readonly name: string;
  readonly arn: string;
  readonly serviceRole: string;
  readonly source: { readonly type: string; readonly location?: string; readonly buildspec?: string };
  readonly artifacts: Artifacts;
  readonly environment: {
    readonly image: string;
    readonly computeType: string;
    readonly environmentVariables?: readonly {
      readonly name: string;
      readonly value: string;
      readonly type?: 'PLAINTEXT' | 'PARAMETER_STORE' | 'SECRETS_MANAGER';
    }[];
  };
  readonly cache?: { readonly type: string };
  readonly logsConfig?: { readonly cloudWatchLogs?: { readonly groupName?: string } };
  /** @default 60 */
  readonly timeoutInMinutes?: number;
  readonly webhook?: Webhook;
}

export interface Artifacts {
  readonly type: string;
  readonly location?: string;
  readonly path?: string;
  readonly namespaceType?: string;
  readonly name?: string;
  readonly packaging?: string;
  readonly overrideArtifactName?: boolean;
}

export interface Webhook {
  readonly url: string;
  readonly filterGroups: readonly (readonly WebhookFilter[])[];
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

  put(project: Project): void {
    this.byName.set(project.name, project);
  }

  delete(name: string): void {
    this.byName.delete(name);
  }
}

import { list, object, text } from '../../values';
import type { Project } from './project';
import { referredTo, resourcesOf } from './resources';
import type { Resource, Stack } from './stack';

/** A CodePipeline of a template. */
export interface Pipeline {
  readonly stack: Stack;
  readonly resource: Resource;
  readonly actions: readonly Action[];
}

export interface Action {
  readonly stage: string;
  readonly name: string;
  readonly category: string;
  readonly provider: string;
  readonly configuration: Readonly<Record<string, unknown>>;
  /** By which later actions take its variables: `#{namespace.NAME}`. */
  readonly namespace?: string;
  /** That it builds with. */
  readonly project?: Project;
}

/** The pipelines of all stacks, with the projects that they build with. */
export function pipelinesOf(stacks: readonly Stack[], projects: readonly Project[]): Pipeline[] {
  return resourcesOf(stacks, 'AWS::CodePipeline::Pipeline').map(({ stack, resource }) => ({
    stack,
    resource,
    actions: list(resource.properties, 'Stages').flatMap((stage) =>
      list(stage, 'Actions').map((action): Action => {
        const configuration = object(action, 'Configuration');
        const project = text(configuration, 'ProjectName');
        return {
          stage: text(stage, 'Name') ?? '',
          name: text(action, 'Name') ?? '',
          category: text(action, 'ActionTypeId', 'Category') ?? '',
          provider: text(action, 'ActionTypeId', 'Provider') ?? '',
          configuration,
          namespace: text(action, 'Namespace'),
          project: project === undefined ? undefined : referredTo(project, 'name', stack, projects),
        };
      }),
    ),
  }));
}

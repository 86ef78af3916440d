import type { Project } from './project';
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
  /** That it builds with. */
  readonly project?: Project;
}

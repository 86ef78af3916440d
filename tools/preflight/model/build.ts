import type { BuildspecFile } from './buildspec-file';
import type { Command } from './command';
import type { Project } from './project';

/** What runs when a project builds. */
export interface Build {
  /** Absent where no assembly was given. */
  readonly project?: Project;
  readonly buildspec: BuildspecFile;
  /** In the order in which they run, with those of the scripts that they call. Empty where the buildspec cannot be read. */
  readonly commands: readonly Command[];
}

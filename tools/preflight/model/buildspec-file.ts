import type { Buildspec } from '../../buildspec/buildspec';
import type { Place } from './place';

/** A buildspec: a file of the source, or a text or an object within a template. */
export interface BuildspecFile {
  /** Of its first line, or of the resource in the template. */
  readonly place: Place;
  readonly form: 'file' | 'inline';
  readonly text: string;
  /** What CodeBuild reads; where there are problems, as much of it as can be made out. */
  readonly content: Buildspec;
  /** Why CodeBuild would refuse it (YAML_FILE_ERROR), in its own words, in the order in which it looks. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
  /**
   * Where a node of it stands, by the path of its keys and indexes, e.g. `placeOf('phases', 'build', 'commands', 2)`; the
   * nearest one above where there is no such node.
   */
  placeOf(...path: readonly (string | number)[]): Place;
  /** Whether the buildspec writes this key. */
  has(...path: readonly (string | number)[]): boolean;
}

import {
  type Buildspec,
  type Path,
  type Problem,
  readBuildspec,
  type Scalar,
} from '../../buildspec/buildspec';
import type { DuplicateKey } from '../../buildspec/yaml';
import type { Place } from './place';

/** A buildspec: a file of the source, or a text or an object within a template. */
export interface BuildspecFile {
  /** Of its first line, or of the resource in the template. */
  readonly place: Place;
  readonly form: 'file' | 'inline';
  readonly text: string;
  /** What CodeBuild reads; where there are problems, as much of it as can be made out. */
  readonly content: Buildspec;
  /**
   * Why CodeBuild would refuse it (YAML_FILE_ERROR), in its own words, in the order in which it looks. Lines are those of the
   * text, also of one within a template.
   */
  readonly problems: readonly Problem[];
  /** Lines as those of problems. */
  readonly duplicates: readonly DuplicateKey[];
  /**
   * Where a node of it stands, by the path of its keys and indexes, e.g. `placeOf('phases', 'build', 'commands', 2)`; the
   * nearest one above where there is no such node. What lies within a template stands where its resource does.
   */
  readonly placeOf: (...path: Path) => Place;
  /** The place of a line of the text. */
  readonly placeAt: (line: number) => Place;
  /** Whether the buildspec writes this key. */
  readonly has: (...path: Path) => boolean;
  readonly scalarAt: (...path: Path) => Scalar | undefined;
}

export function buildspecFile(text: string, place: Place, form: BuildspecFile['form']): BuildspecFile {
  const { content, problems, duplicates, lineOf, has, scalarAt } = readBuildspec(text);
  const placeAt = (line: number): Place => (form === 'inline' ? place : { ...place, line });
  return {
    place,
    form,
    text,
    content,
    problems,
    duplicates,
    placeAt,
    placeOf: (...path) => placeAt(lineOf(...path)),
    has,
    scalarAt,
  };
}

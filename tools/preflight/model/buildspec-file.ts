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
  /** The line, as written. */
  readonly lineAt: (line: number) => string;
  /** For a message: the line, cut off where it is long. */
  readonly shown: (line: number) => string;
  /** For a message: which line of the text it is, where the place does not tell that. */
  readonly told: (line: number) => string;
  /** Whether the buildspec writes this key. */
  readonly has: (...path: Path) => boolean;
  readonly scalarAt: (...path: Path) => Scalar | undefined;
}

const LONGEST_SHOWN = 120;

export function buildspecFile(text: string, place: Place, form: BuildspecFile['form']): BuildspecFile {
  const { content, problems, duplicates, lineOf, has, scalarAt } = readBuildspec(text);
  const lines = text.split(/\r?\n/);
  const placeAt = (line: number): Place => (form === 'inline' ? place : { ...place, line });
  return {
    place,
    form,
    text,
    content,
    problems,
    duplicates,
    placeAt,
    lineAt: (line) => lines[line - 1] ?? '',
    shown: (line) => {
      const shown = (lines[line - 1] ?? '').trim();
      return shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN - 1)}…` : shown;
    },
    told: (line) => (form === 'inline' ? ` (line ${line} of the buildspec)` : ''),
    placeOf: (...path) => placeAt(lineOf(...path)),
    has,
    scalarAt,
  };
}

/** Each buildspec once, however many projects build with it. */
export function buildspecsOf({
  builds,
}: {
  readonly builds: readonly { readonly buildspec: BuildspecFile }[];
}): BuildspecFile[] {
  return [...new Set(builds.map(({ buildspec }) => buildspec))];
}

/** A Dockerfile of the source. */
export interface Dockerfile {
  readonly path: string;
  readonly stages: readonly Stage[];
  /** Folders, from the source's root, that commands or assets build it with; empty where nothing known builds it. */
  readonly contexts: readonly string[];
  /** Of its context: the lines of `.dockerignore`, or of `Dockerfile.dockerignore`; undefined where there is none. */
  readonly ignore?: readonly string[];
}

export interface Stage {
  readonly line: number;
  /** As written, with known `ARG` defaults filled in, e.g. `python:3.11-slim`, `scratch`, or the name of a stage before. */
  readonly from: string;
  readonly platform?: string;
  readonly name?: string;
  readonly instructions: readonly Instruction[];
}

export interface Instruction {
  /** In capitals. */
  readonly keyword: string;
  /** All after the keyword, continued lines joined. */
  readonly text: string;
  readonly line: number;
}

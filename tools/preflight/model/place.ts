/** Where something stands. */
export interface Place {
  /** Relative to the source's root; a template's is relative to where preflight runs, or its bare name. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Of a template: the construct's path, or else the logical id. */
  readonly resource?: string;
}

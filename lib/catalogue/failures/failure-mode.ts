/** One way in which a build or a deployment fails: how to recognise it in what AWS and its tools print, and what to do. */
export interface FailureMode {
  readonly id: `F${number}`;
  readonly title: string;
  /** Found in a line of the log, or in the context of a phase: `CODE: message`. */
  readonly pattern: RegExp;
  /** `{name}` stands for a named group of the pattern, `{name|what}` says what to take where that group is absent. */
  readonly cause: string;
  readonly fix: string;
  readonly link: string;
  /** A line as AWS or its tools print it. */
  readonly example: string;
  /** It says that something failed but not what: told only where nothing else is found. */
  readonly general?: true;
}

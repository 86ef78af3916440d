import type { Model } from './model/model';
import type { Place } from './model/place';

/** One way to fail, or to be harmed, and how to see it before anything is deployed. */
export interface Rule {
  /** F01 to F85 of the catalogue of failures, and on as `lib/catalogue` has them; S01 and on for harm that no failure announces. */
  readonly id: string;
  /** In lower case with hyphens, e.g. `unknown-runtime`. */
  readonly name: string;
  /** What is wrong, in a few words. */
  readonly title: string;
  /** What AWS, or the tool, prints when it happens; absent where nothing is printed. */
  readonly awsError?: string;
  readonly cause: string;
  readonly fix: string;
  /** A page of documentation. */
  readonly link: string;
  check(model: Model): Iterable<Found>;
}

/** A place where a rule found something. */
export interface Found {
  /** `error`: it fails, or harms, on AWS for certain. `warning`: it may. */
  readonly level: 'error' | 'warning';
  readonly place: Place;
  /** This case, with its values: one line. */
  readonly message: string;
  /** For this case, with the corrected line where there is one; otherwise the rule's. */
  readonly fix?: string;
  /** For this case, with its values filled in; otherwise the rule's. */
  readonly awsError?: string;
}

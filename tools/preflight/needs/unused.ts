import { listOf, statementsOf } from '../../iam/policy';
import { matchesWildcard } from '../../iam/wildcard';
import type { Project } from '../model/project';
import type { Need } from './need';
import { couldMatch } from './unknown-text';

/** Actions of one statement that nothing needs. */
export interface Unused {
  readonly policy: string;
  /** Its `Sid`, or its place from 1, e.g. `#2`. */
  readonly statement: string;
  /** As the policy writes them. */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/**
 * What a project's role is allowed though no setting and no command needs it, by statement. No finding: what a program does
 * that a command starts cannot be seen here.
 */
export function unusedOf(project: Project, needs: readonly Need[]): Unused[] {
  return (project.role?.policies ?? []).flatMap(({ name, document }) =>
    statementsOf(document).flatMap((statement, i) => {
      if (statement.Effect !== 'Allow') return [];
      const resources = listOf(statement.Resource);
      const about = resources.length
        ? needs.filter(({ resource }) => resources.some((pattern) => couldMatch(pattern, resource)))
        : needs;
      const actions = listOf(statement.Action).filter(
        (pattern) =>
          // Only a debugging session needs those, and whoever starts one asks for it.
          !pattern.startsWith('ssmmessages:') &&
          !about.some(({ action }) => matchesWildcard(pattern, action, { ignoreCase: true })),
      );
      return actions.length
        ? [{ policy: name, statement: statement.Sid ?? `#${i + 1}`, actions, resources }]
        : [];
    }),
  );
}

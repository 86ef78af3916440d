import type { Statement } from '../../../tools/iam/policy';
import { FILES } from '../example-files';
import { PIPELINE } from '../example-templates';
import type { Changes } from '../example';

/** The example's buildspec with other commands in its build phase. */
export function building(...commands: readonly string[]): Pick<Changes, 'buildspec'> {
  const text = String(FILES['buildspec.yml']);
  const lines = commands.map((command) => `      - ${JSON.stringify(command)}\n`).join('');
  return { buildspec: text.replace(/(\n {2}build:\n {4}commands:\n)(?: {6}.*\n)+/, `$1${lines}`) };
}

/** Of a template. */
type Fields = Readonly<Record<string, unknown>>;
type Policies = readonly {
  readonly PolicyName: string;
  readonly PolicyDocument: { readonly Statement: readonly Statement[] };
}[];

/** The role of the example, with other statements. */
export function roleHas(change: (statements: readonly Statement[]) => readonly Statement[]): Fields {
  const [policy] = PIPELINE.Role.Properties.Policies as unknown as Policies;
  const Statement = change(policy?.PolicyDocument.Statement ?? []);
  const document = { Version: '2012-10-17', Statement };
  return { Role: { Properties: { Policies: [{ PolicyName: 'build', PolicyDocument: document }] } } };
}

/** Without the statements that name an action. */
export function roleLacks(action: string): Fields {
  return roleHas((statements) => statements.filter(({ Action }) => ![Action].flat().includes(action)));
}

/** With one more. */
export function roleMay(
  Action: string | readonly string[],
  Resource: unknown = '*',
  Condition?: Statement['Condition'],
): Fields {
  const more = { Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) } as Statement;
  return roleHas((statements) => [...statements, more]);
}

/** The trust policy of the example's role. */
export function roleTrusts(...Statement: readonly Statement[]): Fields {
  return { Role: { Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement } } } };
}

/** A webhook that builds pull requests. */
export function pullRequests(approval?: string): Fields {
  return {
    Triggers: {
      FilterGroups: [[{ Type: 'EVENT', Pattern: 'PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED' }]],
      ...(approval !== undefined && { PullRequestBuildPolicy: { RequiresCommentApproval: approval } }),
    },
  };
}

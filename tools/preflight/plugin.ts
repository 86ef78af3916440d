import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  PolicyViolation,
} from 'aws-cdk-lib';
import path from 'node:path';
import type { Finding } from './finding';
import type { Stack } from './model/stack';

/**
 * Preflight within `cdk synth`: the rules over these stacks, and over the source in `source` with the buildspecs that they name.
 *
 * Where `source` has none of those, the pipeline is for another repository, which `npm run preflight -- --source DIR --config PATH`
 * looks at; here, nothing is told then.
 * https://docs.aws.amazon.com/cdk/v2/guide/policy-validation-synthesis.html
 */
export class Preflight implements IPolicyValidationPlugin {
  readonly name = 'Preflight';

  constructor(private readonly source: string) {}

  validate({ templatePaths, stackTemplates }: IPolicyValidationContext): PolicyValidationPluginReport {
    const { checked, gitTree, modelOf, readAssembly, RULES, stacksOf } = theRules();
    const directory = path.dirname(templatePaths[0] ?? '');
    const stacks = stacksOf(readAssembly(directory, ''));
    const source = gitTree(this.source);
    const model = modelOf(source, stacks, {});
    const paths = model.projects.flatMap(({ source: { buildspec } }) => buildspec ?? []);
    if (!paths.some((name) => source.files.has(name))) return { success: true, violations: [] };
    const { findings, faults } = checked(model, RULES);
    // What has no resource is not shown, and the source's files are none.
    const anywhere = stackTemplates[0]?.stackConstructPath ?? '';
    return {
      success: !findings.some(({ level }) => level === 'error'),
      violations: [
        ...findings.map((finding) => violation(finding, stacks, directory, anywhere)),
        ...faults.map(({ id, rule, message }) => ({
          ruleName: `${id} ${rule}`,
          description: `${id} could not be checked, by a fault of preflight: ${message}; please report it`,
          severity: 'warning',
          violatingResources: [{ constructPath: anywhere, locations: [] }],
        })),
      ],
    };
  }
}

function violation(
  { id, rule, level, place, message, awsError, fix }: Finding,
  stacks: readonly Stack[],
  directory: string,
  anywhere: string,
): PolicyViolation {
  const stack = stacks.find(({ file }) => file === place.file);
  const resource = stack?.resources.find((each) => each.place.resource === place.resource);
  const where = stack ? '' : `${place.file}:${place.line}: `;
  return {
    ruleName: `${id} ${rule}`,
    description: `${id} ${where}${message}${awsError === undefined ? '' : `\n   AWS: ${awsError}`}`,
    fix,
    severity: level,
    violatingResources: [
      stack && resource
        ? {
            resourceLogicalId: resource.logicalId,
            templatePath: path.join(directory, stack.file),
            locations: [],
          }
        : { constructPath: anywhere, locations: [] },
    ],
  };
}

/** Only when it is asked: an app that does not want them should not wait for a hundred rules. */
function theRules() {
  /* eslint-disable @typescript-eslint/no-require-imports -- validate() cannot wait for import() */
  return {
    ...(require('./check') as typeof import('./check')),
    ...(require('./model/read-model') as typeof import('./model/read-model')),
    ...(require('./model/source-tree') as typeof import('./model/source-tree')),
    ...(require('./model/stacks') as typeof import('./model/stacks')),
    ...(require('./rules') as typeof import('./rules')),
  };
  /* eslint-enable @typescript-eslint/no-require-imports */
}

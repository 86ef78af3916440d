import { lookupDenied } from '../../../tools/preflight/rules/lookup-denied';
import type { Model } from '../../../tools/preflight/model/model';
import { type Changes, example } from '../example';
import { BOOTSTRAP_ROLES } from '../example-templates';
import { building, roleLacks, roleMay } from './changes';

const LOOKUP = BOOTSTRAP_ROLES[3] ?? '';
const VPC = 'vpc-provider:account=111122223333:filter.isDefault=true:region=eu-west-1';

/** The example whose application looks something up. */
function looking(changes: Changes, missing: readonly string[] = [VPC]): string[] {
  const model = example(changes);
  const stacks = model.stacks.map((stack) => ({
    ...stack,
    bootstrap: stack.bootstrap && { ...stack.bootstrap, lookupRole: LOOKUP },
    missingContext: missing,
  }));
  const changed: Model = { ...model, stacks };
  return [...lookupDenied.check(changed)].map(
    ({ level, place, message }) => `${level} ${place.file}:${place.line} ${message}`,
  );
}

const denied = roleLacks('sts:AssumeRole');

test('what synthesis looks up fails in the build whose role may not look', () => {
  expect(looking({ resources: denied })).toEqual([
    `error ci/deploy.sh:6 AppStack looks up ${VPC}, and app-build is not allowed sts:AssumeRole on ${LOOKUP}`,
  ]);
});

test('of which of several stacks is meant, the assembly may not tell', () => {
  const some = { ...building('npx cdk synth'), files: { 'ci/deploy.sh': 'true\n' }, resources: denied };
  expect(looking(some)).toEqual([expect.stringMatching(/^warning buildspec.yml:27 /)]);
});

test.each([
  ['everything is in cdk.context.json', { resources: denied }, []],
  ['the role may assume the lookup role', {}, [VPC]],
  ['the build may ask AWS itself', { resources: { ...denied, ...roleMay('ec2:Describe*') } }, [VPC]],
  ['it is looked up by means that are not known', { resources: denied }, ['plugin:x']],
  [
    'what is deployed was synthesized before',
    {
      ...building('npx cdk deploy AppStack --app cdk.out'),
      files: { 'ci/deploy.sh': 'true\n' },
      resources: denied,
    },
    [VPC],
  ],
])('nothing is said where %s', (_, changes, missing) => {
  expect(looking(changes, missing)).toEqual([]);
});

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Behaviour, readBehaviours } from '../../tools/conformance/behaviours';
import { RULES } from '../../tools/preflight/rules';
import type { Found } from '../../tools/preflight/rule';
import { example } from './example';
import { FILES } from './example-files';

/** About what a buildspec says, before its first command runs. */
const BEFORE = ['F12', 'F13', 'F14', 'F15', 'F16', 'F17', 'F18'];

const behaviours = readBehaviours(path.join(__dirname, '../conformance')).filter(
  ({ folder, expectation: { given } }) =>
    given?.buildspec === undefined && readdirSync(folder).includes('buildspec.yml'),
);

/** What preflight says of a behaviour's folder, built by the example's project. */
function found({ folder, expectation: { given } }: Behaviour): Found[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((one) => one.isFile());
  const files = entries.map((entry): [string, string] => {
    const file = path.join(entry.parentPath, entry.name);
    return [path.relative(folder, file), readFileSync(file, 'utf8')];
  });
  const model = example({
    files: {
      ...Object.fromEntries(Object.keys(FILES).map((name) => [name, null])),
      ...Object.fromEntries(files),
    },
    project: {
      Environment: {
        Image: given?.image ?? 'aws/codebuild/standard:7.0',
        EnvironmentVariables:
          given?.variables?.map(({ name, value }) => ({ Name: name, Value: value })) ?? [],
      },
      Artifacts: { Type: given?.artifactsType ?? 'S3' },
    },
  });
  return RULES.filter(({ id }) => BEFORE.includes(id)).flatMap((rule) =>
    [...rule.check(model)].map((one) => ({ ...one, awsError: one.awsError ?? rule.awsError })),
  );
}

const refusal = ({ expectation }: Behaviour): string | undefined =>
  /^YAML_FILE_ERROR: (.*)$/s.exec(expectation.contexts?.DOWNLOAD_SOURCE ?? '')?.[1];

/** What the simulator alone refuses, and that a pipeline's project may do. */
const OWN = ['a-batch-is-refused', 'a-windows-shell-is-refused', 'secondary-artifacts-alone-need-files'];
/** The documentation speaks against the simulator, which reads a number. */
const NUMBER = 'a-runtime-version-without-quotes-is-a-number';

const refused = behaviours.filter(
  (behaviour) => refusal(behaviour) !== undefined && !OWN.includes(behaviour.name),
);
const built = behaviours.filter((behaviour) => refusal(behaviour) === undefined);

test.each(refused.map((behaviour) => [behaviour.name, behaviour] as const))(
  '%s: preflight tells it before, in the words that the build would end with',
  (_, behaviour) => {
    const messages = found(behaviour).map(({ awsError }) => awsError);

    expect([`YAML_FILE_ERROR Message: ${refusal(behaviour)}`, 'YAML_FILE_ERROR']).toContain(messages[0]);
  },
);

test('what is built gets no error, so that a working pipeline passes', () => {
  expect(built.length).toBeGreaterThan(100);
  expect(
    built.flatMap((behaviour) =>
      found(behaviour)
        .filter(({ level }) => level === 'error')
        .map(({ message }) => `${behaviour.name}: ${message}`),
    ),
  ).toEqual([]);
});

test('what the simulator alone refuses gets no error', () => {
  const own = behaviours.filter(({ name }) => OWN.includes(name) || name === NUMBER);

  expect(own).toHaveLength(OWN.length + 1);
  expect(own.flatMap((behaviour) => found(behaviour).filter(({ level }) => level === 'error'))).toEqual([]);
});

import { emptySection } from '../../../tools/preflight/rules/empty-section';
import { example, said } from '../example';

const PHASES = 'phases:\n  build:\n    commands: [make]\n';

test('nothing is said of the example', () => {
  expect(said(emptySection)).toEqual([]);
});

test('a key of which everything is commented out is told, so that the key is commented out too', () => {
  const buildspec = `version: 0.2\nenv:\n  parameter-store:\n    # KEY: /app/key\n${PHASES}`;

  expect([...emptySection.check(example({ buildspec }))]).toMatchObject([
    {
      level: 'error',
      place: { file: 'buildspec.yml', line: 3 },
      message: 'expected ParameterStore to be non-empty',
      awsError: 'YAML_FILE_ERROR Message: Expected ParameterStore to be non-empty',
      fix: 'comment the key out as well: # parameter-store:',
    },
  ]);
});

test('with an entry, or with the key commented out too, it is none', () => {
  expect(
    said(emptySection, { buildspec: `version: 0.2\nenv:\n  parameter-store: { KEY: /app/key }\n${PHASES}` }),
  ).toEqual([]);
  expect(said(emptySection, { buildspec: `version: 0.2\nenv:\n  # parameter-store:\n${PHASES}` })).toEqual(
    [],
  );
});

test('a phase without commands is a warning: that it needs them is documented, what happens is not', () => {
  expect(
    said(emptySection, { buildspec: `version: 0.2\n${PHASES}  post_build:\n    commands:\n      # - ls\n` }),
  ).toEqual(['warning buildspec.yml:6 expected Commands to be non-empty in post_build']);
});

test('an install phase may have versions alone, and a pipeline secondary artifacts alone', () => {
  const buildspec = `version: 0.2\n${PHASES}  install: { runtime-versions: { nodejs: 22 } }
artifacts:
  secondary-artifacts:
    site: { files: ['**/*'] }
`;
  expect(said(emptySection, { buildspec })).toEqual([]);
});

import { brokenBuildspec } from '../../../tools/preflight/rules/broken-buildspec';
import { forbiddenCharacter } from '../../../tools/preflight/rules/forbidden-character';
import { example, said } from '../example';

test('nothing is said of the example', () => {
  expect(said(forbiddenCharacter)).toEqual([]);
});

test('a tab is told as a tab, because nobody sees it; and by one rule only', () => {
  const buildspec = 'version: 0.2\nphases:\n\tbuild:\n\t\tcommands: [make]\n';

  expect(said(forbiddenCharacter, { buildspec })).toEqual([
    'error buildspec.yml:3 the line is indented with a tab: build:',
  ]);
  expect(said(brokenBuildspec, { buildspec })).toEqual([]);
});

test('a tab within a command, and within a block, harms nobody', () => {
  const buildspec =
    'version: 0.2\nphases:\n  build:\n    commands:\n      - echo a\tb\n      - |\n        if true; then\n        \tmake\n        fi\n';

  expect(said(forbiddenCharacter, { buildspec })).toEqual([]);
});

test('a command that begins with a backtick is told with the quotes that it needs', () => {
  const buildspec = 'version: 0.2\nphases:\n  build:\n    commands:\n      - `which make` all\n';

  expect([...forbiddenCharacter.check(example({ buildspec }))]).toMatchObject([
    {
      place: { line: 5 },
      message: 'the text begins with a character that YAML keeps for itself: - `which make` all',
      fix: "quote the whole entry: - '`which make` all'",
      awsError: 'YAML_FILE_ERROR Message: found character that cannot start any token at line 5',
    },
  ]);
});

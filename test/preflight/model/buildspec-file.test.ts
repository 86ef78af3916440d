import { buildspecFile } from '../../../tools/preflight/model/buildspec-file';

const TEXT = 'version: 0.2\nphases:\n  build:\n    commands:\n      - one\n      - a: b\n';

test('what a file says stands on its own line', () => {
  const file = buildspecFile(TEXT, { file: 'ci/buildspec.yml', line: 1 }, 'file');

  expect(file.placeOf('phases', 'build', 'commands', 0)).toEqual({ file: 'ci/buildspec.yml', line: 5 });
  expect(file.problems.map(({ line }) => file.placeAt(line))).toEqual([
    { file: 'ci/buildspec.yml', line: 6 },
  ]);
});

test('what a template has stands where its resource does, because a text within it has no line that anybody could open', () => {
  const resource = { file: 'cdk.out/App.template.json', line: 40, resource: 'App/Project' };
  const file = buildspecFile(TEXT, resource, 'inline');

  expect(file.placeOf('phases', 'build', 'commands', 0)).toEqual(resource);
  expect(file.placeAt(6)).toEqual(resource);
  expect(file.problems).toMatchObject([{ line: 6 }]);
});

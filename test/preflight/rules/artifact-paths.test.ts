import { artifactPaths } from '../../../tools/preflight/rules/artifact-paths';
import { type Changes, example, said } from '../example';

const storing = (artifacts: object, ...commands: string[]): Changes => ({
  buildspec: JSON.stringify({
    version: '0.2',
    phases: { build: { commands: ['make', ...commands] } },
    artifacts,
  }),
});

test('nothing is said of the example', () => {
  expect(said(artifactPaths)).toEqual([]);
});

test('a folder alone stores nothing, and fails the upload where there is nothing else', () => {
  const changes = storing({ files: ['frontend'] });

  expect([...artifactPaths.check(example(changes))]).toMatchObject([
    {
      level: 'error',
      message: 'frontend names a folder, in which artifacts finds no file',
      fix: '- "frontend/**/*"',
      awsError: 'Skipping invalid file path frontend',
    },
  ]);
  expect(said(artifactPaths, storing({ files: ['frontend', 'buildspec.yml'] }))).toEqual([
    expect.stringMatching(/^warning .* frontend names a folder/),
  ]);
});

test('a folder that the build makes is told by its name, which is no proof', () => {
  expect(said(artifactPaths, storing({ files: ['cdk.out'] }))).toEqual([
    'warning buildspec.yml:1 cdk.out names a folder, in which artifacts finds no file',
  ]);
});

test.each([
  [{ files: ['**/*'] }],
  [{ files: 'frontend/**/*' }],
  [{ files: ['index.html'], 'base-directory': 'frontend' }],
  [{ files: ['appspec.yml', 'build.sh'] }],
  [{ files: ['$OUT/dist', '/tmp/dist/*'] }],
  [{ files: ['**/*'], 'base-directory': 'made-by-make' }],
])('%j may well find something', (artifacts) => {
  expect(said(artifactPaths, storing(artifacts))).toEqual([]);
});

test('what cdk makes in its own folder is not at the root of the source', () => {
  const artifacts = { 'base-directory': 'cdk.out', files: ['**/*'] };

  expect([...artifactPaths.check(example(storing(artifacts, 'cd cdk', 'npx cdk synth')))]).toMatchObject([
    {
      level: 'warning',
      message: 'artifacts looks for cdk.out at the root of the source, and npx cdk synth makes cdk/cdk.out',
      fix: 'base-directory: cdk/cdk.out',
    },
  ]);
  expect(said(artifactPaths, storing({ files: ['cdk.out/**/*'] }, '(cd cdk && npx cdk synth)'))).toEqual([
    expect.stringMatching(/npx cdk synth makes cdk\/cdk\.out$/),
  ]);
  expect(
    said(
      artifactPaths,
      storing({ ...artifacts, 'base-directory': 'dist' }, 'npm --prefix frontend run build'),
    ),
  ).toEqual([expect.stringMatching(/looks for dist .* makes frontend\/dist$/)]);
});

test.each([
  [['npx cdk synth']],
  [['cd cdk', 'npx cdk synth --output ../cdk.out']],
  [['cd cdk', 'npx cdk synth --output "$OUT"']],
  [['cd cdk', 'npx cdk synth', 'cd ..', 'mv cdk/cdk.out .']],
  [['cd cdk', 'npx cdk synth', 'cd ..', 'npx cdk synth']],
])('%j makes it where it is looked for', (commands) => {
  const artifacts = { 'base-directory': 'cdk.out', files: ['**/*'] };

  expect(said(artifactPaths, storing(artifacts, ...commands))).toEqual([]);
});

test('files within base-directory begin there', () => {
  expect(said(artifactPaths, storing({ 'base-directory': 'site', files: ['site/**/*'] }))).toEqual([
    'warning buildspec.yml:1 the files of artifacts begin with site/, and base-directory is site already: site/site is looked for',
  ]);
  expect(said(artifactPaths, storing({ 'base-directory': 'site', files: ['site/**/*', '*.html'] }))).toEqual(
    [],
  );
});

test('secondary artifacts are looked at too, and none where the project stores none', () => {
  const changes = storing({
    files: ['buildspec.yml'],
    'secondary-artifacts': { site: { files: ['frontend'] } },
  });

  expect(said(artifactPaths, changes)).toEqual([
    'error buildspec.yml:1 frontend names a folder, in which secondary-artifacts/site finds no file',
  ]);
  expect(said(artifactPaths, { ...changes, project: { Artifacts: { Type: 'NO_ARTIFACTS' } } })).toEqual([]);
});

import { notSeen } from '../../../tools/preflight/seen';
import { modelOf } from '../../../tools/preflight/model/read-model';
import { example, treeOf } from '../example';

const BUILDSPEC = 'version: 0.2\nphases:\n  build:\n    commands: [make]\n';

/** Each build's project and where its buildspec is from. */
const buildsOf = (changes: Parameters<typeof example>[0]): string[] =>
  example(changes).builds.map(
    ({ project, buildspec }) => `${project?.name ?? '-'} ${buildspec.form} ${buildspec.place.file}`,
  );

test('the example is whole: rules that say nothing of it have seen something', () => {
  const { builds, projects, roles, services, dockerfiles, packages, requirements } = example();

  expect(builds.map(({ buildspec, commands }) => [buildspec.problems, commands.length > 10])).toEqual([
    [[], true],
  ]);
  expect(projects.map(({ name, role, webhook }) => [name, role?.name, webhook?.filterGroups.length])).toEqual(
    [['app-build', 'app-build', 1]],
  );
  expect(roles.map(({ name, policies }) => [name, policies.length])).toEqual([
    ['app-build', 1],
    ['‹TaskExecution›', 0],
  ]);
  expect(
    services.map(({ name, cluster, taskDefinition }) => [name, cluster, taskDefinition?.containers.length]),
  ).toEqual([['app-backend', 'app', 1]]);
  expect(dockerfiles.map(({ path }) => path)).toEqual(['backend/Dockerfile']);
  expect(packages.map(({ folder, lockFile }) => [folder, lockFile])).toEqual([
    ['frontend', 'frontend/package-lock.json'],
    ['cdk', 'cdk/package-lock.json'],
  ]);
  expect(requirements.map(({ packages: all }) => all.length)).toEqual([3]);
});

test('a project that says nothing builds with buildspec.yml', () => {
  expect(buildsOf({})).toEqual(['app-build file buildspec.yml']);
  expect(buildsOf({ files: { 'buildspec.yml': null } })).toEqual([]);
});

test.each([
  ['ci/build.yml', 'app-build file ci/build.yml'],
  ['./ci/build.yml', 'app-build file ci/build.yml'],
  [BUILDSPEC, 'app-build inline cdk.out/PipelineStack.template.json'],
  ['{"version": "0.2"}', 'app-build inline cdk.out/PipelineStack.template.json'],
  ['not/there.yml', undefined],
  ['arn:aws:s3:::bucket/buildspec.yml', undefined],
  ['$CODEBUILD_SRC_DIR_tools/buildspec.yml', undefined],
])('the buildspec that a project asks for by %j is found, or nothing is said of it', (written, expected) => {
  const found = buildsOf({
    project: { Source: { BuildSpec: written } },
    files: { 'ci/build.yml': BUILDSPEC },
  });

  expect(found).toEqual(expected === undefined ? [] : [expected]);
});

test('an inline buildspec is read with the values that only the deployment knows', () => {
  const text = {
    'Fn::Join': ['', [`${BUILDSPEC}env:\n  variables:\n    BUCKET: `, { Ref: 'Artifacts' }, '\n']],
  };
  const [build] = example({ project: { Source: { BuildSpec: text } } }).builds;

  expect(build?.buildspec).toMatchObject({
    problems: [],
    content: { variables: { BUCKET: '‹Artifacts›' } },
    place: { resource: 'Project' },
  });
});

test('without an assembly everything that looks like a buildspec is a build, also one that cannot be read', () => {
  expect(
    buildsOf({
      assembly: 'none',
      files: {
        'services/a/buildspec-test.yaml': BUILDSPEC,
        'services/b/pr.buildspec.yml': 'version: 0.2\nphases:\n\tbuild:\n',
        'services/c/buildspec.yml': JSON.stringify({ version: '0.2', phases: {} }),
        'docs/buildspec.yml': 'title: How to write a buildspec\n',
        'node_modules/x/buildspec.yml': BUILDSPEC,
        'cdk/test/cdk.out/buildspec.yml': BUILDSPEC,
      },
    }),
  ).toEqual([
    '- file buildspec.yml',
    '- file services/a/buildspec-test.yaml',
    '- file services/b/pr.buildspec.yml',
    '- file services/c/buildspec.yml',
  ]);
});

test("Amplify's build settings, which have phases too, are no buildspec, unless a project names them", () => {
  const amplify = 'version: 1\nfrontend:\n  phases:\n    build:\n      commands: [npm run build]\n';
  const files = { 'buildspec.yml': amplify, 'web/buildspec.yml': amplify, 'api/buildspec.yml': BUILDSPEC };

  expect(buildsOf({ assembly: 'none', files })).toEqual(['- file api/buildspec.yml']);
  expect(buildsOf({ files })).toEqual(['app-build file buildspec.yml']);
  // A buildspec with another version is one with a fault.
  expect(buildsOf({ assembly: 'none', files: { 'buildspec.yml': BUILDSPEC.replace('0.2', '1') } })).toEqual([
    '- file buildspec.yml',
  ]);
});

test('buildspecs among tests, wrong on purpose, are told and not judged, unless the user names one', () => {
  const source = treeOf({ 'buildspec.yml': BUILDSPEC, 'test/a-tab/buildspec.yml': BUILDSPEC });
  const files = (buildspec?: string): string[] =>
    modelOf(source, [], { buildspec }).builds.map((build) => build.buildspec.place.file);

  expect(files()).toEqual(['buildspec.yml']);
  expect(notSeen(modelOf(source, [], {}))).toContainEqual(
    '1 buildspec (test/a-tab/buildspec.yml) among tests: --buildspec takes one',
  );
  expect(files('test/a-tab/buildspec.yml')).toEqual(['buildspec.yml', 'test/a-tab/buildspec.yml']);
});

test('a buildspec that the user names is a build too, once', () => {
  const source = treeOf({ 'buildspec.yml': BUILDSPEC, 'ci/all.txt': BUILDSPEC });
  const files = (buildspec: string): string[] =>
    modelOf(source, [], { buildspec }).builds.map((build) => build.buildspec.place.file);

  expect(files('./ci/all.txt')).toEqual(['buildspec.yml', 'ci/all.txt']);
  expect(files('buildspec.yml')).toEqual(['buildspec.yml']);
});

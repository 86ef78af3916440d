import { notPlayed, overridden } from '../../../tools/simulator/codebuild/overrides';
import type { Project } from '../../../tools/simulator/codebuild/projects';

const PROJECT: Project = {
  name: 'p',
  arn: 'arn:aws:codebuild:us-east-1:123456789012:project/p',
  serviceRole: 'arn:aws:iam::123456789012:role/r',
  source: { type: 'GITHUB', location: 'https://github.com/o/r.git', buildspec: 'buildspec.yml' },
  sourceVersion: 'main',
  artifacts: { type: 'S3', location: 'bucket' },
  environment: {
    image: 'aws/codebuild/standard:7.0',
    computeType: 'BUILD_GENERAL1_LARGE',
    environmentVariables: [
      { name: 'CDK_ENV', value: 'prod' },
      { name: 'APP_DIR', value: '.' },
    ],
  },
  timeoutInMinutes: 60,
};

test('a build without overrides is the project as it is', () => {
  expect(overridden(PROJECT, { projectName: 'p' })).toEqual(PROJECT);
});

test('what start-build says wins over the project, each for itself', () => {
  const build = overridden(PROJECT, {
    projectName: 'p',
    sourceVersion: 'develop',
    buildspecOverride: 'other.yml',
    imageOverride: 'aws/codebuild/standard:8.0',
    computeTypeOverride: 'BUILD_GENERAL1_SMALL',
    environmentVariablesOverride: [
      { name: 'CDK_ENV', value: 'dev' },
      { name: 'SECRET', value: '/a/b', type: 'PARAMETER_STORE' },
    ],
    artifactsOverride: { type: 'NO_ARTIFACTS' },
    timeoutInMinutesOverride: 5,
    privilegedModeOverride: false,
  });
  expect(build).toEqual({
    ...PROJECT,
    sourceVersion: 'develop',
    source: { ...PROJECT.source, buildspec: 'other.yml' },
    artifacts: { type: 'NO_ARTIFACTS' },
    environment: {
      image: 'aws/codebuild/standard:8.0',
      computeType: 'BUILD_GENERAL1_SMALL',
      privilegedMode: false,
      environmentVariables: [
        { name: 'CDK_ENV', value: 'dev' },
        { name: 'APP_DIR', value: '.' },
        { name: 'SECRET', value: '/a/b', type: 'PARAMETER_STORE' },
      ],
    },
    timeoutInMinutes: 5,
  });
});

test('what would be ignored is named instead', () => {
  expect(notPlayed({ projectName: 'p', debugSessionEnabled: false, secondarySourcesOverride: [] })).toEqual(
    [],
  );
  expect(notPlayed({ projectName: 'p', debugSessionEnabled: true, fleetOverride: {} })).toEqual([
    'fleetOverride',
    'debugSessionEnabled',
  ]);
});

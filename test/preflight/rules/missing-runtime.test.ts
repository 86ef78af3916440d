import { missingRuntime } from '../../../tools/preflight/rules/missing-runtime';
import { said } from '../example';

const OLD = { Environment: { Image: 'aws/codebuild/standard:2.0' } };
const BUILDSPEC = 'version: 0.2\nphases:\n  build:\n    commands: [make]\n';

test('nothing is said of the example', () => {
  expect(said(missingRuntime)).toEqual([]);
});

test('an old image wants a runtime', () => {
  expect(said(missingRuntime, { project: OLD, buildspec: BUILDSPEC })).toEqual([
    'error buildspec.yml:2 aws/codebuild/standard:2.0 wants runtime-versions, and the buildspec has none',
  ]);
});

test('a newer image wants none, and the old one is content with any', () => {
  expect(said(missingRuntime, { buildspec: BUILDSPEC })).toEqual([]);
  expect(said(missingRuntime, { project: OLD })).toEqual([]);
});

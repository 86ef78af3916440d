import { noCommitStatus } from '../../../tools/preflight/rules/no-commit-status';
import { said } from '../example';

test('a project that does not tell GitHub how its builds went is told', () => {
  expect(said(noCommitStatus, { project: { Source: { ReportBuildStatus: false } } })).toEqual([
    expect.stringMatching(/^warning .*app-build: ReportBuildStatus is false/),
  ]);
  expect(said(noCommitStatus, { project: { Source: { ReportBuildStatus: null } } })).toEqual([
    expect.stringContaining('ReportBuildStatus is not set, which is false'),
  ]);
});

test('nothing is said of one that does, of builds that nobody pushed, and of a source that takes no status', () => {
  expect(said(noCommitStatus)).toEqual([]);
  expect(said(noCommitStatus, { project: { Source: { ReportBuildStatus: null }, Triggers: null } })).toEqual(
    [],
  );
  expect(
    said(noCommitStatus, { project: { Source: { ReportBuildStatus: null, Type: 'CODECOMMIT' } } }),
  ).toEqual([]);
});

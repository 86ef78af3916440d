import { fleet, PROJECT, removeDirectories } from './fleet';

afterAll(removeDirectories);

const BUILDSPEC = `version: 0.2
phases:
  build:
    commands:
      - echo '<testsuite><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>' > tests.xml
reports:
  unit:
    files: tests.xml
`;

test('whoever asks for the reports of a build gets their totals, until the group is deleted', async () => {
  const { call, builds } = await fleet();
  const { build } = await call('StartBuild', { projectName: PROJECT.name, buildspecOverride: BUILDSPEC });
  await builds.ended(build.id);
  const group = 'arn:aws:codebuild:us-east-1:123456789012:report-group/p-unit';
  const uuid = build.id.slice('p:'.length);
  const report = `${group.replace('report-group', 'report')}:${uuid}`;

  const shown = await call('BatchGetBuilds', { ids: [build.id] });
  expect(shown.builds[0]?.reportArns).toEqual([report]);
  expect(await call('ListReportGroups', {})).toEqual({ reportGroups: [group] });
  expect(await call('BatchGetReports', { reportArns: [report, `${report}0`] })).toMatchObject({
    reports: [
      {
        ...{ arn: report, name: 'p-unit', reportGroupArn: group, type: 'TEST', status: 'FAILED' },
        testSummary: { total: 2, statusCounts: { SUCCEEDED: 1, FAILED: 1, SKIPPED: 0 } },
      },
    ],
    reportsNotFound: [`${report}0`],
  });

  await expect(call('DeleteReportGroup', { arn: group })).rejects.toThrow(/has reports/);
  await call('DeleteReportGroup', { arn: group, deleteReports: true });
  expect(await call('ListReportGroups', {})).toEqual({ reportGroups: [] });
  expect(await call('BatchGetReports', { reportArns: [report] })).toMatchObject({ reports: [] });
});

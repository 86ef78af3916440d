import { staleLocalCache } from '../../../tools/preflight/rules/stale-local-cache';
import { said } from '../example';

const every = (ScheduleExpression: string): Record<string, unknown> => ({
  Nightly: {
    Type: 'AWS::Events::Rule',
    Properties: { ScheduleExpression, Targets: [{ Id: 'a', Arn: { 'Fn::GetAtt': ['Project', 'Arn'] } }] },
  },
});
const project = { Triggers: null };

test.each(['rate(1 day)', 'rate(6 hours)', 'cron(0 3 * * ? *)'])(
  'a local cache of a project that %s alone starts is told: its host is gone by then',
  (schedule) => {
    expect(said(staleLocalCache, { project, resources: every(schedule) })).toEqual([
      expect.stringMatching(/^warning .*app-build has a local cache and starts by /),
    ]);
  },
);

test('nothing is said of builds that may follow each other within minutes', () => {
  expect(said(staleLocalCache, { project, resources: every('rate(5 minutes)') })).toEqual([]);
  expect(said(staleLocalCache, { resources: every('rate(1 day)') })).toEqual([]);
  expect(said(staleLocalCache, { project })).toEqual([]);
  const inS3 = { ...project, Cache: { Type: 'S3', Location: 'bucket/cache' } };
  expect(said(staleLocalCache, { project: inS3, resources: every('rate(1 day)') })).toEqual([]);
});

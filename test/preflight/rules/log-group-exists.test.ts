import { logGroupExists } from '../../../tools/preflight/rules/log-group-exists';
import { said } from '../example';

const group = (LogGroupName: string, more: object = {}): Record<string, unknown> => ({
  Type: 'AWS::Logs::LogGroup',
  Properties: { LogGroupName },
  ...more,
});
const defaults = { LogsConfig: null };

test('two log groups of one name in one stack are an error: the second fails', () => {
  expect(said(logGroupExists, { resources: { More: group('/app/builds') } })).toEqual([
    expect.stringMatching(
      /^error cdk\.out\/PipelineStack\.template\.json:\d+ the log group \/app\/builds is made by Logs as well$/,
    ),
  ]);
});

test('two stacks that make the same log group are a warning, because nobody knows whether both are deployed', () => {
  expect(
    said(logGroupExists, { resources: { Logs: null, A: group('/x') }, application: { B: group('/x') } }),
  ).toEqual([expect.stringMatching(/^warning .*AppStack.*the log group \/x is made by A as well$/)]);
});

test('a log group that the builds make first, because it belongs to what they deploy, is told', () => {
  const application = { Builds: group('/aws/codebuild/app-build') };
  expect(said(logGroupExists, { project: defaults, application })).toEqual([
    expect.stringContaining('app-build makes the log group /aws/codebuild/app-build with its first build'),
  ]);
});

test('nothing is said of the log group that a project gets with its own stack, whatever it is called', () => {
  expect(said(logGroupExists)).toEqual([]);
  expect(
    said(logGroupExists, { project: defaults, resources: { Builds: group('/aws/codebuild/app-build') } }),
  ).toEqual([]);
});

test('nothing is said where builds log elsewhere, or into no group at all', () => {
  const application = { Builds: group('/aws/codebuild/app-build') };
  expect(said(logGroupExists, { application })).toEqual([]);
  const off = { LogsConfig: { CloudWatchLogs: { Status: 'DISABLED', GroupName: null } } };
  expect(said(logGroupExists, { project: off, application })).toEqual([]);
});

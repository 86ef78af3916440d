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

test('a log group that stays when the first deployment fails is told, because the second trips over it', () => {
  expect(said(logGroupExists, { resources: { Logs: { DeletionPolicy: 'Retain' } } })).toEqual([
    expect.stringMatching(
      /^warning .*DeletionPolicy: Retain keeps the log group \/app\/builds when the first/,
    ),
  ]);
  for (const resources of [
    { Logs: { DeletionPolicy: 'RetainExceptOnCreate' } },
    { Logs: { DeletionPolicy: 'Retain', Properties: { LogGroupName: null } } },
  ]) {
    expect(said(logGroupExists, { resources })).toEqual([]);
  }
});

test("a project's log group that it does not name is told: a build that was there before has made it", () => {
  const resources = { Builds: group('/aws/codebuild/app-build') };
  expect(said(logGroupExists, { project: defaults, resources })).toEqual([
    expect.stringContaining('app-build does not name the log group /aws/codebuild/app-build'),
  ]);
});

test('nothing is said of the log group that a project names and gets with its stack, whatever it is called', () => {
  expect(said(logGroupExists)).toEqual([]);
  const resources = { Logs: { Properties: { LogGroupName: '/aws/codebuild/app-build' } } };
  expect(said(logGroupExists, { resources })).toEqual([]);
});

test('nothing is said where builds log elsewhere, or into no group at all', () => {
  const application = { Builds: group('/aws/codebuild/app-build') };
  expect(said(logGroupExists, { application })).toEqual([]);
  const off = { LogsConfig: { CloudWatchLogs: { Status: 'DISABLED', GroupName: null } } };
  expect(said(logGroupExists, { project: off, application })).toEqual([]);
});

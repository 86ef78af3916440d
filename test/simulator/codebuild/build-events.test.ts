import { buildPhaseChange, buildStateChange } from '../../../tools/simulator/codebuild/build-events';
import { BuildRecords } from '../../../tools/simulator/codebuild/build-records';
import type { BuildRecord } from '../../../tools/simulator/codebuild/record';
import type { PhaseName, PhaseResult } from '../../../tools/simulator/engine/types';
import type { AwsEvent } from '../../../tools/simulator/events/event-bus';
import { Faults } from '../../../tools/simulator/faults';
import { fleet, PROJECT, removeDirectories } from './fleet';

afterAll(removeDirectories);

const ARN =
  'arn:aws:codebuild:us-west-2:123456789012:build/my-sample-project:8745a7a9-c340-456a-9166-edf953571bEX';
const STARTED = Date.parse('2017-09-01T16:12:29Z');

function phase(name: PhaseName, from: string, seconds: number): PhaseResult {
  const startedAt = Date.parse(`2017-09-01T${from}Z`);
  return { name, status: 'SUCCEEDED', startedAt, seconds, commands: [] };
}

/** The build of CodeBuild's documented sample. */
function sample(overrides: Partial<BuildRecord> = {}): BuildRecord {
  return {
    id: ARN.split('build/')[1] ?? '',
    arn: ARN,
    number: 7,
    project: {
      ...PROJECT,
      name: 'my-sample-project',
      arn: 'arn:aws:codebuild:us-west-2:123456789012:project/my-sample-project',
      source: { type: 'S3', location: 'codebuild-123456789012-input-bucket/my-input-artifact.zip' },
      artifacts: {
        type: 'S3',
        location: 'codebuild-123456789012-output-bucket',
        name: 'my-output-artifact.zip',
      },
      environment: {
        image: 'aws/codebuild/standard:5.0',
        computeType: 'BUILD_GENERAL1_SMALL',
        type: 'LINUX_CONTAINER',
      },
    },
    initiator: 'MyCodeBuildDemoUser',
    logGroup: '/aws/codebuild/my-sample-project',
    logStream: '8745a7a9-c340-456a-9166-edf953571bEX',
    startTime: STARTED,
    endTime: Date.parse('2017-09-01T16:14:28Z'),
    status: 'SUCCEEDED',
    phases: [
      phase('SUBMITTED', '16:12:29', 0.3),
      phase('PROVISIONING', '16:12:29', 36),
      phase('BUILD', '16:13:10', 70.9),
      phase('FINALIZING', '16:14:21', 4.9),
      phase('COMPLETED', '16:14:26', 0),
    ],
    currentPhase: 'COMPLETED',
    currentPhaseStartedAt: Date.parse('2017-09-01T16:14:26Z'),
    exportedVariables: {},
    artifacts: [],
    reports: [],
    simulated: [],
    ...overrides,
  };
}

const ENVELOPE = {
  version: '0',
  id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
  source: 'aws.codebuild',
  account: '123456789012',
  region: 'us-west-2',
  resources: [ARN],
};

const INFORMATION = {
  artifact: { location: 'arn:aws:s3:::codebuild-123456789012-output-bucket/my-output-artifact.zip' },
  cache: { type: 'NO_CACHE' },
  environment: {
    image: 'aws/codebuild/standard:5.0',
    'privileged-mode': false,
    'compute-type': 'BUILD_GENERAL1_SMALL',
    type: 'LINUX_CONTAINER',
    'environment-variables': [],
  },
  'timeout-in-minutes': 60,
  'queued-timeout-in-minutes': 480,
  'build-number': 7,
  'build-complete': true,
  initiator: 'MyCodeBuildDemoUser',
  'build-start-time': 'Sep 1, 2017 4:12:29 PM',
  source: { location: 'codebuild-123456789012-input-bucket/my-input-artifact.zip', type: 'S3' },
  logs: {
    'group-name': '/aws/codebuild/my-sample-project',
    'stream-name': '8745a7a9-c340-456a-9166-edf953571bEX',
    'deep-link':
      'https://console.aws.amazon.com/cloudwatch/home?region=us-west-2#logEvent:group=/aws/codebuild/my-sample-project;stream=8745a7a9-c340-456a-9166-edf953571bEX',
  },
  phases: [
    {
      'phase-context': [],
      'start-time': 'Sep 1, 2017 4:12:29 PM',
      'end-time': 'Sep 1, 2017 4:12:29 PM',
      'duration-in-seconds': 0,
      'phase-type': 'SUBMITTED',
      'phase-status': 'SUCCEEDED',
    },
    {
      'phase-context': [': '],
      'start-time': 'Sep 1, 2017 4:12:29 PM',
      'end-time': 'Sep 1, 2017 4:13:05 PM',
      'duration-in-seconds': 36,
      'phase-type': 'PROVISIONING',
      'phase-status': 'SUCCEEDED',
    },
    {
      'phase-context': [': '],
      'start-time': 'Sep 1, 2017 4:13:10 PM',
      'end-time': 'Sep 1, 2017 4:14:20 PM',
      'duration-in-seconds': 70,
      'phase-type': 'BUILD',
      'phase-status': 'SUCCEEDED',
    },
    {
      'phase-context': [': '],
      'start-time': 'Sep 1, 2017 4:14:21 PM',
      'end-time': 'Sep 1, 2017 4:14:25 PM',
      'duration-in-seconds': 4,
      'phase-type': 'FINALIZING',
      'phase-status': 'SUCCEEDED',
    },
    { 'start-time': 'Sep 1, 2017 4:14:26 PM', 'phase-type': 'COMPLETED' },
  ],
};

describe('a rule or function that is right here is right on AWS, because events have its form, field by field', () => {
  test('of the documented state change', () => {
    // Strictly: a member that is undefined would be `exists` for a rule.
    expect(buildStateChange(sample())).toStrictEqual({
      ...ENVELOPE,
      'detail-type': 'CodeBuild Build State Change',
      time: '2017-09-01T16:14:28Z',
      detail: {
        'build-status': 'SUCCEEDED',
        'project-name': 'my-sample-project',
        'build-id': ARN,
        'additional-information': INFORMATION,
        'current-phase': 'COMPLETED',
        'current-phase-context': '[: ]',
        version: '1',
      },
    });
  });

  test('of the documented phase change', () => {
    const [submitted, provisioning, build, finalizing] = sample().phases as [
      PhaseResult,
      PhaseResult,
      PhaseResult,
      PhaseResult,
    ];
    const record = sample({
      status: 'IN_PROGRESS',
      endTime: undefined,
      phases: [submitted, provisioning, build, finalizing],
    });

    expect(buildPhaseChange(record, finalizing)).toEqual({
      ...ENVELOPE,
      'detail-type': 'CodeBuild Build Phase Change',
      time: '2017-09-01T16:14:21Z',
      detail: {
        'completed-phase': 'FINALIZING',
        'project-name': 'my-sample-project',
        'build-id': ARN,
        'completed-phase-context': '[: ]',
        'additional-information': { ...INFORMATION, 'build-complete': false },
        'completed-phase-status': 'SUCCEEDED',
        'completed-phase-duration-seconds': 4,
        version: '1',
        'completed-phase-start': 'Sep 1, 2017 4:14:21 PM',
        'completed-phase-end': 'Sep 1, 2017 4:14:25 PM',
      },
    });
  });

  test('of a beginning: no phases, no number and no log yet', () => {
    const { phases: _, 'build-number': __, ...information } = INFORMATION;
    const begun = { phases: [], endTime: undefined, currentPhase: 'SUBMITTED' } as const;

    expect(buildStateChange(sample({ ...begun, phases: [], status: 'IN_PROGRESS' }))).toMatchObject({
      time: '2017-09-01T16:12:29Z',
      detail: { 'build-status': 'IN_PROGRESS', 'current-phase': 'SUBMITTED', 'current-phase-context': '[]' },
    });
    expect(buildStateChange(sample({ ...begun, phases: [] })).detail['additional-information']).toEqual({
      ...information,
      'build-complete': false,
      logs: {
        'deep-link':
          'https://console.aws.amazon.com/cloudwatch/home?region=us-west-2#logEvent:group=null;stream=null',
      },
    });
  });

  test.each([
    ['2026-01-31T00:05:09Z', 'Jan 31, 2026 12:05:09 AM'],
    ['2026-11-02T12:00:00Z', 'Nov 2, 2026 12:00:00 PM'],
    ['2026-12-25T11:59:59Z', 'Dec 25, 2026 11:59:59 AM'],
  ])('of the date %s', (iso, told) => {
    const { detail } = buildStateChange(sample({ startTime: Date.parse(iso) }));

    expect(detail['additional-information']).toMatchObject({ 'build-start-time': told });
  });
});

test('an event tells the value of a plain variable, and of a reference only the name: no secret leaves with it', () => {
  const record = sample();
  const environment = {
    ...record.project.environment,
    environmentVariables: [
      { name: 'STAGE', value: 'prod' },
      { name: 'KEY', value: '/mangoo/api-key', type: 'PARAMETER_STORE' },
      { name: 'PASSWORD', value: 'mangoo/db:password', type: 'SECRETS_MANAGER' },
    ] as const,
  };
  const { detail } = buildStateChange({ ...record, project: { ...record.project, environment } });

  expect(detail['additional-information']).toMatchObject({
    environment: {
      'environment-variables': [
        { name: 'STAGE', type: 'PLAINTEXT', value: 'prod' },
        { name: 'KEY', type: 'PARAMETER_STORE', value: '/mangoo/api-key' },
        { name: 'PASSWORD', type: 'SECRETS_MANAGER', value: 'mangoo/db:password' },
      ],
    },
  });
});

test('an event tells what held when it was emitted, whatever becomes of the build', () => {
  const record = sample();
  const event = buildStateChange(record);
  record.phases.length = 0;
  record.status = 'FAULT';

  expect(event.detail).toMatchObject({ 'build-status': 'SUCCEEDED', 'additional-information': INFORMATION });
});

function running(commands: string): { buildspecOverride: string } {
  return {
    buildspecOverride: `version: 0.2\nphases:\n  build:\n    commands:\n      - ${JSON.stringify(commands)}\n`,
  };
}

/** `IN_PROGRESS`, `SUBMITTED SUCCEEDED`, …: what each event is about. */
function told(events: readonly AwsEvent[]): string[] {
  return events.map(({ detail }) =>
    'build-status' in detail
      ? String(detail['build-status'])
      : `${String(detail['completed-phase'])} ${String(detail['completed-phase-status'])}`,
  );
}

describe('whoever listens hears of each beginning, each phase and each end, once and in order', () => {
  test('of a build that succeeds', async () => {
    const { builds, call, events } = await fleet();
    const { build } = await call('StartBuild', { projectName: 'p' });
    expect(told(events)[0]).toBe('IN_PROGRESS');
    await builds.ended(build.id);

    expect(told(events)).toEqual([
      'IN_PROGRESS',
      'SUBMITTED SUCCEEDED',
      'QUEUED SUCCEEDED',
      'PROVISIONING SUCCEEDED',
      'DOWNLOAD_SOURCE SUCCEEDED',
      'INSTALL SUCCEEDED',
      'PRE_BUILD SUCCEEDED',
      'BUILD SUCCEEDED',
      'POST_BUILD SUCCEEDED',
      'UPLOAD_ARTIFACTS SUCCEEDED',
      'FINALIZING SUCCEEDED',
      'SUCCEEDED',
    ]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    // Of a phase, with the one that has begun.
    const change = events[3]?.detail['additional-information'] as { phases: object[] };
    expect(change.phases.at(-1)).toEqual({
      'phase-type': 'DOWNLOAD_SOURCE',
      'start-time': expect.any(String) as string,
    });
  });

  test('of one that fails, with the reason', async () => {
    const { builds, call, events } = await fleet();
    const { build } = await call('StartBuild', { projectName: 'p', ...running('exit 3') });
    await builds.ended(build.id);

    expect(told(events).slice(-5)).toEqual([
      'BUILD FAILED',
      'POST_BUILD SUCCEEDED',
      'UPLOAD_ARTIFACTS SUCCEEDED',
      'FINALIZING SUCCEEDED',
      'FAILED',
    ]);
    const reason = 'COMMAND_EXECUTION_ERROR: Error while executing command: exit 3. Reason: exit status 3';
    expect(events.at(-5)?.detail).toMatchObject({ 'completed-phase-context': `[${reason}]` });
    expect(events.at(-1)?.detail).toMatchObject({
      'current-phase-context': '[: ]',
      'additional-information': {
        'build-complete': true,
        phases: expect.arrayContaining([
          expect.objectContaining({
            'phase-type': 'BUILD',
            'phase-status': 'FAILED',
            'phase-context': [reason],
          }),
        ]) as object[],
      },
    });
  });

  test('of one that is stopped twice', async () => {
    const faults = new Faults([{ name: 'build-stopped', argument: 'BUILD' }]);
    const { builds, call, events } = await fleet({ faults });
    const { build } = await call('StartBuild', { projectName: 'p', ...running('sleep 600') });
    await builds.ended(build.id);
    await call('StopBuild', { id: build.id });

    expect(told(events).slice(-2)).toEqual(['BUILD STOPPED', 'STOPPED']);
    expect(told(events).filter((what) => what === 'STOPPED')).toHaveLength(1);
  });

  test('of one that is stopped in the queue, and so never got a log', async () => {
    const { builds, call, events } = await fleet({ quota: 1 });
    const { build: first } = await call('StartBuild', { projectName: 'p', ...running('sleep 600') });
    const { build } = await call('StartBuild', { projectName: 'p' });
    await call('StopBuild', { id: build.id });
    await call('StopBuild', { id: first.id });
    await builds.stopAll();

    const own = events.filter(({ resources }) => resources[0] === build.arn);
    expect(told(own)).toEqual(['IN_PROGRESS', 'SUBMITTED SUCCEEDED', 'QUEUED STOPPED', 'STOPPED']);
    expect(own.at(-1)?.detail).toMatchObject({
      'additional-information': {
        logs: { 'deep-link': expect.stringMatching(/group=null;stream=null$/) as string },
      },
    });
    expect(JSON.stringify(own)).not.toContain('group-name');
  });

  test('of one whose time is up', async () => {
    const faults = new Faults([{ name: 'times-out', argument: 'BUILD' }]);
    const { builds, call, events } = await fleet({ faults });
    const { build } = await call('StartBuild', { projectName: 'p' });
    await builds.ended(build.id);

    expect(told(events).slice(-2)).toEqual(['BUILD TIMED_OUT', 'TIMED_OUT']);
    expect(told(events).filter((what) => what === 'TIMED_OUT')).toHaveLength(1);
  });

  test('of one that the simulator itself fails on', async () => {
    const { builds, call, events } = await fleet();
    await call('CreateProject', { ...PROJECT, name: 'broken', serviceRole: undefined });
    const { build } = await call('StartBuild', { projectName: 'broken' });
    await builds.ended(build.id);

    expect(told(events)).toEqual(['IN_PROGRESS', 'SUBMITTED FAULT', 'FAULT']);
    expect(events.at(-1)?.detail).toMatchObject({
      'current-phase-context': expect.stringMatching(/^\[INTERNAL_SERVICE_ERROR: .+\]$/) as string,
    });
  });

  test('of one that the former simulator did not live to see end', () => {
    const records = new BuildRecords();
    const alive = sample();
    const dead = sample({ id: 'my-sample-project:2', endTime: undefined, status: 'IN_PROGRESS' });
    records.restore([alive, dead]);

    expect(records.interrupted.map(({ id, status }) => [id, status])).toEqual([
      ['my-sample-project:2', 'FAULT'],
    ]);
  });
});

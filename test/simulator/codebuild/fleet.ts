import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BuildRecords } from '../../../tools/simulator/codebuild/build-records';
import { Builds, type BuildsOptions } from '../../../tools/simulator/codebuild/builds';
import { Projects, type Project } from '../../../tools/simulator/codebuild/projects';
import type { BuildRecord } from '../../../tools/simulator/codebuild/record';
import { CodeBuildService } from '../../../tools/simulator/codebuild/service';
import type { AwsEvent } from '../../../tools/simulator/events/event-bus';
import { Faults } from '../../../tools/simulator/faults';
import type { AwsRequest } from '../../../tools/simulator/gateway/request';
import { Sessions } from '../../../tools/simulator/gateway/sessions';

const directories: string[] = [];

/** For `afterAll`. */
export function removeDirectories(): void {
  for (const one of directories.splice(0)) rmSync(one, { recursive: true, force: true });
}

export const PROJECT: Omit<Project, 'arn'> = {
  name: 'p',
  serviceRole: 'arn:aws:iam::123456789012:role/service/build-role',
  source: {
    type: 'NO_SOURCE',
    buildspec: 'version: 0.2\nphases:\n  build:\n    commands:\n      - echo hello\n',
  },
  artifacts: { type: 'NO_ARTIFACTS' },
  environment: { image: 'aws/codebuild/standard:7.0', computeType: 'BUILD_GENERAL1_SMALL' },
};

export interface Fleet {
  readonly builds: Builds;
  readonly records: BuildRecords;
  /** What each log stream got. */
  readonly logs: Map<string, string>;
  /** What the event bus got, in order. */
  readonly events: AwsEvent[];
  readonly directory: string;
  readonly call: (operation: string, input: object) => Promise<Answer>;
}

/** As much of the answers as the tests look at. */
export interface Answer {
  build: Shown;
  builds: Shown[];
  ids: string[];
  nextToken?: string;
  [member: string]: unknown;
}

interface Shown {
  id: string;
  buildStatus: string;
  phases: { phaseType: string; phaseStatus?: string; contexts?: object[] }[];
  [member: string]: unknown;
}

/** The CodeBuild API in front of a fleet whose AWS allows everything. */
export async function fleet(
  overrides: Partial<BuildsOptions> & { records?: readonly BuildRecord[]; faults?: Faults } = {},
  buildLogs?: { open(): { write(text: string): void; end(): void } },
  url = 'http://localhost:1',
): Promise<Fleet> {
  const directory = mkdtempSync(path.join(tmpdir(), 'fleet-test-'));
  directories.push(directory);
  const logs = new Map<string, string>();
  const events: AwsEvent[] = [];
  const buildRecords = new BuildRecords();
  buildRecords.restore(overrides.records ?? []);
  const builds = new Builds({
    aws: {
      account: '123456789012',
      region: 'us-east-1',
      url,
      configFile: '/dev/null',
      sessions: new Sessions(),
      authorizer: {
        mayAssume: () => Promise.resolve({ allowed: true, message: '' }),
        check: () => Promise.resolve({ allowed: true, message: '' }),
      } as unknown as BuildsOptions['aws']['authorizer'],
      faults: overrides.faults ?? new Faults(),
      buildLogs: (buildLogs ?? {
        open: (_group: string, stream: string) => ({
          write: (text: string) => void logs.set(stream, (logs.get(stream) ?? '') + text),
          end: () => undefined,
        }),
      }) as unknown as BuildsOptions['aws']['buildLogs'],
      buildRecords,
      events: { put: (event) => void events.push(event) },
      changed: () => undefined,
      credentialsUrl: () => 'http://localhost:1/credentials',
    },
    source: {
      checkout: (version, target) => {
        writeFileSync(path.join(target, 'version'), version);
        return Promise.resolve('c0ffee');
      },
    },
    directory: path.join(directory, 'builds'),
    keepDirectories: false,
    cacheDirectory: path.join(directory, 'cache'),
    environment: { PATH: process.env.PATH ?? '' },
    quota: 4,
    ...overrides,
  });
  const projects = new Projects();
  const service = new CodeBuildService('123456789012', projects, buildRecords);
  service.builds = builds;
  const call: Fleet['call'] = async (operation, input) => {
    const session = { arn: 'arn:aws:iam::123456789012:user/ada' };
    const request = { operation, input, region: 'us-east-1', session } as unknown as AwsRequest;
    const response = await service.handle(request);
    return JSON.parse(String(response?.body)) as Answer;
  };
  await call('CreateProject', PROJECT);
  return { builds, records: buildRecords, logs, events, directory, call };
}

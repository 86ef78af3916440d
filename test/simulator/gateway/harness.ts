import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AwsEvent } from '../../../tools/simulator/events/event-bus';
import { type Fault, Faults } from '../../../tools/simulator/faults';
import { type Emulator, startEmulator } from '../../../tools/simulator/emulator';
import { Emulated } from '../../../tools/simulator/gateway/emulated';
import { AwsError, type AwsRequest } from '../../../tools/simulator/gateway/request';
import { type Gateway, startGateway } from '../../../tools/simulator/gateway/server';
import { type Session, Sessions } from '../../../tools/simulator/gateway/sessions';
import { RoleDirectory } from '../../../tools/simulator/iam/role-policies';
import { BucketPolicies } from '../../../tools/simulator/services/bucket-policies';
import { BuildLogs } from '../../../tools/simulator/services/build-logs';
import { CloudTrail } from '../../../tools/simulator/services/cloudtrail';
import { Ecr } from '../../../tools/simulator/services/ecr';
import { Ecs } from '../../../tools/simulator/services/ecs';
import type { TaskRunner } from '../../../tools/simulator/services/ecs-tasks';
import { EcsRollouts } from '../../../tools/simulator/services/ecs-rollouts';
import { ImageScans } from '../../../tools/simulator/services/image-scans';
import { Layers } from '../../../tools/simulator/services/layers';
import { Logs } from '../../../tools/simulator/services/logs';
import { Registry } from '../../../tools/simulator/services/registry';
import { RegistryTokens } from '../../../tools/simulator/services/registry-tokens';
import { Sts } from '../../../tools/simulator/services/sts';

export const ACCOUNT = '123456789012';

/** Allows everything but `denied`; remembers what it was asked. */
export class FakeAuthorizer {
  readonly asked: AwsRequest[] = [];
  denied = new Set<string>();
  forgotten = 0;

  authorize(request: AwsRequest): Promise<void> {
    this.asked.push(request);
    const action = `${request.service}:${request.operation}`;
    if (!this.denied.has(action)) return Promise.resolve();
    const code = request.protocol === 'json' ? 'AccessDeniedException' : 'AccessDenied';
    const status = request.protocol === 'json' ? 400 : 403;
    const message = `User: ${request.session.arn} is not authorized to perform: ${action}`;
    return Promise.reject(new AwsError(code, message, status));
  }

  mayAssume(caller: Session | string, roleArn: string): Promise<{ allowed: boolean; message: string }> {
    const allowed = !this.denied.has('sts:AssumeRole');
    const arn = typeof caller === 'string' ? caller : caller.arn;
    const message = `User: ${arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`;
    return Promise.resolve({ allowed, message });
  }

  forget(): void {
    this.forgotten += 1;
  }
}

export interface Harness {
  readonly gateway: Gateway;
  readonly emulator: Emulator;
  readonly sessions: Sessions;
  readonly administrator: Session;
  readonly authorizer: FakeAuthorizer;
  readonly rollouts: EcsRollouts;
  readonly bucketPolicies: BucketPolicies;
  readonly buildLogs: BuildLogs;
  readonly imageScans: ImageScans;
  /** What the event bus got, in order. */
  readonly events: AwsEvent[];
  readonly log: string[];
  /** What an SDK client's constructor takes. */
  readonly client: { endpoint: string; region: string; credentials: Session['credentials'] };
  stop(): Promise<void>;
}

/** moto, and the gateway with its services in front of it. */
export async function startHarness(
  faults: Fault[] = [],
  rolloutSeconds = 0.2,
  runner?: TaskRunner,
): Promise<Harness> {
  const directory = await mkdtemp(path.join(tmpdir(), 'mangoo-gateway-test-'));
  const log: string[] = [];
  const emulator = await startEmulator({
    env: process.env,
    signal: new AbortController().signal,
    note: (line) => log.push(line),
  });
  const emulated = new Emulated(emulator.url, (line) => log.push(line));
  const sessions = new Sessions();
  const authorizer = new FakeAuthorizer();
  const tokens = new RegistryTokens(sessions);
  const layers = new Layers(path.join(directory, 'layers'));
  const parts = { account: ACCOUNT, emulated, sessions, authorizer, faults: new Faults(faults) };
  const events: AwsEvent[] = [];
  const imageScans = new ImageScans(
    {
      ...parts,
      events: { put: (event) => void events.push(event) },
      changed: () => undefined,
      log: (line) => log.push(line),
    },
    0,
  );
  const ecr = new Ecr(ACCOUNT, emulated, tokens, layers, imageScans);
  const rollouts = new EcsRollouts({ ...parts, runner }, rolloutSeconds);
  const bucketPolicies = new BucketPolicies(emulated);
  const buildLogs = new BuildLogs(path.join(directory, 'build-logs'));
  const gateway = await startGateway({
    emulated,
    authorizer,
    sessions,
    services: {
      sts: new Sts(ACCOUNT, sessions, authorizer, new RoleDirectory(emulator.url)),
      ecr,
      ecs: new Ecs(emulated, rollouts),
      s3: bucketPolicies,
      cloudtrail: new CloudTrail(),
      logs: new Logs(ACCOUNT, emulated, buildLogs),
    },
    routes: { '/v2/': new Registry({ ...parts, ecr, layers, tokens }).handle },
    log: (line) => log.push(line),
  });
  const administrator = sessions.issue({ arn: `arn:aws:iam::${ACCOUNT}:user/administrator` });
  return {
    gateway,
    emulator,
    sessions,
    administrator,
    authorizer,
    rollouts,
    bucketPolicies,
    buildLogs,
    imageScans,
    events,
    log,
    client: { endpoint: gateway.url, region: 'us-east-1', credentials: administrator.credentials },
    stop: async () => {
      await gateway.close();
      await imageScans.close();
      await emulator.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

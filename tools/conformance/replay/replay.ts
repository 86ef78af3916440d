import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  BatchGetReportsCommand,
  type Build,
  type ProjectArtifacts,
  type Report,
  type StartBuildCommandInput,
} from '@aws-sdk/client-codebuild';
import { paginateListObjectsV2, PutObjectCommand } from '@aws-sdk/client-s3';
import { writeZip } from '../../simulator/codebuild/zip';
import type { Behaviour, ExpectedBuild, Given } from '../behaviours';
import type { Observed } from '../compare';
import type { Account } from './account';
import { BuildQueue } from './builds';
import { buildspecFile, readBuildspec } from './buildspec';
import { PrivateNames } from './names';
import { observed, refused } from './observed';
import { LOG_GROUP, NAME } from './stack';

/** Events come some seconds after they were written. */
const LOG_PATIENCE_MS = 60_000;

/** Runs behaviours on the CodeBuild of an account, and sees of them what its APIs show. */
export class Replay {
  private readonly queue: BuildQueue;

  constructor(
    private readonly account: Account,
    private readonly bucket: string,
    private readonly signal: AbortSignal,
  ) {
    this.queue = new BuildQueue(account, signal);
  }

  /** Runs a behaviour's builds one after the other; those that cannot be replayed are undefined. */
  async run(behaviour: Behaviour): Promise<(Observed | undefined)[]> {
    const names = new PrivateNames(behaviour);
    await this.upload(behaviour, names);
    const seen: (Observed | undefined)[] = [];
    for (const expected of behaviour.builds) {
      if (expected.notReplayed !== undefined) {
        seen.push(undefined);
        continue;
      }
      seen.push(await this.runOne(behaviour, expected, names));
    }
    return seen;
  }

  private async runOne(
    behaviour: Behaviour,
    expected: ExpectedBuild,
    names: PrivateNames,
  ): Promise<Observed> {
    try {
      const build = await this.queue.run(this.start(behaviour, expected.given ?? {}, names));
      return await this.see(build, behaviour, expected, names);
    } catch (error) {
      // A build that CodeBuild does not even start is an answer, and no reason to end the others.
      if ((error as Error).name === 'InvalidInputException') return refused(error as Error);
      throw error;
    }
  }

  /** The folder as a ZIP file; its buildspecs have the private names in them. */
  private async upload(behaviour: Behaviour, names: PrivateNames): Promise<void> {
    const directory = await mkdtemp(path.join(tmpdir(), 'conformance-'));
    try {
      const buildspecs = new Map<string, string>();
      for (const { given = {} } of behaviour.builds) buildspecs.set(buildspecFile(behaviour, given), '');
      const entries = await readdir(behaviour.folder, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .sort();
      const packed = [];
      for (const [index, file] of files.entries()) {
        let absolutePath = file;
        if (buildspecs.has(file)) {
          const text = await readFile(file, 'utf8');
          if (names.hidden(text) !== text) {
            absolutePath = path.join(directory, `buildspec-${index}`);
            await writeFile(absolutePath, names.hidden(text));
          }
        }
        packed.push({ path: path.relative(behaviour.folder, file), absolutePath });
      }
      const zip = path.join(directory, 'source.zip');
      await writeZip(zip, packed, true);
      await this.account.s3.send(
        new PutObjectCommand({
          Bucket: this.bucket,
          Key: sourceOf(behaviour),
          Body: createReadStream(zip),
          ContentLength: (await stat(zip)).size,
        }),
      );
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  private start(behaviour: Behaviour, given: Given, names: PrivateNames): StartBuildCommandInput {
    const artifacts = (artifactIdentifier?: string): ProjectArtifacts => ({
      type: 'S3',
      artifactIdentifier,
      location: this.bucket,
      path: artifactFolder(behaviour, artifactIdentifier),
      namespaceType: 'BUILD_ID',
      name: '/',
      overrideArtifactName: true,
      packaging: 'NONE',
    });
    const none = given.artifactsType === 'NO_ARTIFACTS';
    const { secondaryArtifacts } = readBuildspec(buildspecFile(behaviour, given));
    return {
      projectName: NAME,
      sourceLocationOverride: `${this.bucket}/${sourceOf(behaviour)}`,
      buildspecOverride: given.buildspec,
      imageOverride: given.image,
      environmentTypeOverride: given.image?.includes('aarch64') ? 'ARM_CONTAINER' : undefined,
      environmentVariablesOverride: [...names.variables(given)],
      artifactsOverride: none ? { type: 'NO_ARTIFACTS' } : artifacts(),
      secondaryArtifactsOverride: none ? undefined : secondaryArtifacts.map(artifacts),
      cacheOverride: cacheOf(given, `${this.bucket}/caches/${behaviour.name}`),
    };
  }

  private async see(
    build: Build,
    behaviour: Behaviour,
    expected: ExpectedBuild,
    names: PrivateNames,
  ): Promise<Observed> {
    const { commands } = readBuildspec(buildspecFile(behaviour, expected.given ?? {}));
    const seen = {
      build,
      log: await this.log(build),
      reports: await this.reports(build),
      keys: await this.keys(),
      artifactFolder: (identifier?: string) => artifactFolder(behaviour, identifier),
      commands: commands.map((command) => names.hidden(command)).map((command) => names.shown(command)),
    };
    return observed(seen, expected, (text) => names.shown(text));
  }

  /** All of it: until the line is there with which its last phase ends. */
  private async log({ logs, phases = [] }: Build): Promise<string> {
    const last = phases.findLast(({ phaseType = '' }) => !/^(?:FINALIZING|COMPLETED)$/.test(phaseType));
    const end = new RegExp(`Phase complete: ${last?.phaseType} State: [^]*Phase context status code: `);
    const patience = Date.now() + LOG_PATIENCE_MS;
    for (;;) {
      const text = await this.events(logs?.streamName ?? '');
      // A build that ended before its container has no log.
      const none = ['SUBMITTED', 'QUEUED', 'PROVISIONING'].includes(last?.phaseType ?? 'SUBMITTED');
      if (end.test(text) || none || Date.now() > patience) return text;
      await delay(this.account.pollMilliseconds, undefined, { signal: this.signal });
    }
  }

  private async events(logStreamName: string): Promise<string> {
    let text = '';
    let nextToken: string | undefined;
    try {
      for (;;) {
        const { events = [], nextForwardToken } = await this.account.logs.send(
          new GetLogEventsCommand({ logGroupName: LOG_GROUP, logStreamName, startFromHead: true, nextToken }),
        );
        for (const { message = '' } of events) text += message.endsWith('\n') ? message : `${message}\n`;
        // At the end the same token comes again.
        if (nextForwardToken === nextToken) return text;
        nextToken = nextForwardToken;
      }
    } catch (error) {
      if ((error as Error).name === 'ResourceNotFoundException') return text;
      throw error;
    }
  }

  private async reports({ reportArns = [] }: Build): Promise<Report[]> {
    if (!reportArns.length) return [];
    return (await this.account.codebuild.send(new BatchGetReportsCommand({ reportArns }))).reports ?? [];
  }

  /** Of the whole bucket: an `s3-prefix` puts artifacts anywhere. */
  private async keys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2(
      { client: this.account.s3 },
      { Bucket: this.bucket },
    )) {
      keys.push(...Contents.flatMap(({ Key }) => Key ?? []));
    }
    return keys;
  }
}

function sourceOf({ name }: Behaviour): string {
  return `sources/${name}.zip`;
}

function artifactFolder({ name }: Behaviour, identifier = 'primary'): string {
  return `artifacts/${name}/${identifier}`;
}

function cacheOf({ cache }: Given, location: string): StartBuildCommandInput['cacheOverride'] {
  if (cache === 'S3') return { type: 'S3', location };
  return cache && { type: 'LOCAL', modes: ['LOCAL_CUSTOM_CACHE'] };
}

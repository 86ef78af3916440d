import { rm, writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { ArtifactUpload, ReportResult } from '../engine/types';
import type { Authorizer } from '../gateway/authorizer';
import type { Session } from '../gateway/sessions';
import { unzip } from '../unzip';
import { storeArtifacts } from './artifacts';
import { CacheObjects } from './cache-objects';
import { type BuildRecord, uuidOf } from './record';

/** SSM's GetParameters takes ten names at most. */
const PARAMETERS_PER_CALL = 10;

/** What CodeBuild itself does with the service role of a build: parameters, secrets, logs, artifacts, reports. */
export class BuildStorage {
  private readonly client: ClientOptions;

  constructor(
    private readonly build: {
      readonly aws: {
        readonly account: string;
        readonly region: string;
        readonly url: string;
        readonly authorizer: Authorizer;
      };
      readonly record: BuildRecord;
      readonly session: Session;
      /** Of the build, which goes with it. */
      readonly directory: string;
    },
  ) {
    const { url, region } = build.aws;
    this.client = { endpoint: url, region, credentials: build.session.credentials };
  }

  async parameters(names: readonly string[]): Promise<Record<string, string>> {
    const ssm = new SSMClient(this.client);
    const values: Record<string, string> = {};
    for (let i = 0; i < names.length; i += PARAMETERS_PER_CALL) {
      const Names = names.slice(i, i + PARAMETERS_PER_CALL);
      const found = await ssm.send(new GetParametersCommand({ Names, WithDecryption: true }));
      for (const { Name, Value } of found.Parameters ?? []) if (Name) values[Name] = Value ?? '';
    }
    return values;
  }

  /** @param reference `secret-id[:json-key[:version-stage[:version-id]]]`; the id may be an ARN */
  async secret(reference: string): Promise<string> {
    const [, SecretId = '', key, VersionStage, VersionId] =
      /^((?:arn:[^:]*:[^:]*:[^:]*:[^:]*:secret:)?[^:]+)(?::([^:]*))?(?::([^:]*))?(?::([^:]*))?$/.exec(
        reference,
      ) ?? [];
    const secrets = new SecretsManagerClient(this.client);
    const { SecretString = '' } = await secrets.send(
      new GetSecretValueCommand({
        SecretId,
        VersionStage: VersionStage || undefined,
        VersionId: VersionId || undefined,
      }),
    );
    if (!key) return SecretString;
    const value = (JSON.parse(SecretString) as Record<string, unknown>)[key];
    if (value === undefined) throw new Error(`Secret ${SecretId} has no key ${key}`);
    return typeof value === 'string' ? value : JSON.stringify(value);
  }

  /**
   * A source in S3: the archive `bucket/path/to/source.zip`, unpacked.
   * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectSource.html
   */
  async downloadSource(location: string, directory: string): Promise<void> {
    const [, Bucket, Key] = /^(?:arn:[^:]*:s3:::)?([^/]+)\/(.+)$/.exec(location) ?? [];
    if (!Key?.endsWith('.zip')) {
      throw new Error(`the simulator plays a source in S3 that is a ZIP file, not ${location}`);
    }
    const s3 = new S3Client({ ...this.client, forcePathStyle: true });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const archive = `${directory}.zip`;
    await writeFile(archive, Body as Readable);
    await unzip(archive, directory);
    await rm(archive);
  }

  /**
   * The copies of an S3 cache.
   *
   * @param generation of the cache, where it has been invalidated
   */
  cache(location: string, generation: string): CacheObjects {
    const s3 = new S3Client({ ...this.client, forcePathStyle: true, logger: SILENT });
    return new CacheObjects(s3, location, generation);
  }

  /** Build logs are kept on this machine; what the role must be allowed for them on AWS is judged all the same. */
  async checkLogs(): Promise<void> {
    const { aws, record } = this.build;
    if (record.project.logsConfig?.cloudWatchLogs?.status === 'DISABLED') return;
    const stream = `arn:aws:logs:${aws.region}:${aws.account}:log-group:${record.logGroup}:log-stream:${record.logStream}`;
    for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents']) await this.require(action, stream);
  }

  async upload(uploads: readonly ArtifactUpload[]): Promise<void> {
    const { record, directory } = this.build;
    const { project, id, arn } = record;
    const s3 = new S3Client({ ...this.client, forcePathStyle: true, logger: SILENT });
    await storeArtifacts(s3, { project, uuid: uuidOf(id), arn, directory }, uploads);
  }

  /** Reports are kept in the result; what the role must be allowed for them on AWS is judged all the same. */
  async report(report: ReportResult): Promise<void> {
    const {
      aws,
      record: { project },
    } = this.build;
    // A group that is named by its ARN exists.
    const exists = report.name.startsWith('arn:');
    const group = exists
      ? report.name
      : `arn:aws:codebuild:${aws.region}:${aws.account}:report-group/${project.name}-${report.name}`;
    const put = 'total' in report ? 'BatchPutTestCases' : 'BatchPutCodeCoverages';
    for (const action of [...(exists ? [] : ['CreateReportGroup']), 'CreateReport', 'UpdateReport', put]) {
      await this.require(`codebuild:${action}`, group);
    }
  }

  private async require(action: string, resource: string): Promise<void> {
    const verdict = await this.build.aws.authorizer.check(this.build.session, {
      action,
      resource,
      context: {},
    });
    if (!verdict.allowed) throw new Error(`AccessDeniedException: ${verdict.message}`);
  }
}

/** The SDK's own warning of an upload that fails would stand in the user's terminal; the error is the phase's context. */
const nothing = (): void => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

interface ClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Session['credentials'];
}

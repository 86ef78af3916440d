import { isKnown } from '../model/stack';
import type { Build } from '../model/build';
import type { Model } from '../model/model';
import type { Project } from '../model/project';
import { PULL } from './docker-permissions';
import { ecrImage } from './ecr-image';
import { arn, type Need, on, type Permission } from './need';

/**
 * What CodeBuild does in the name of a project's role, for its settings and those of its buildspec.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html
 */
export function codebuildNeeds({ project, buildspec }: Build, model: Model): Need[] {
  if (!project) return [];
  const { place } = project.resource;
  const of = (by: string, without: Need['without'], permissions: readonly Permission[], at = place): Need[] =>
    permissions.map((permission) => ({ ...permission, by, without, place: at }));
  const { content } = buildspec;
  return [
    ...of('the log of its builds', 'missing', log(project)),
    ...of('the artifacts of its builds', 'missing', artifacts(project, model)),
    ...of('the artifacts of its builds', 'unsure', perhapsOfArtifacts(project)),
    ...of('the cache of its builds', 'harmed', cache(project)),
    ...of('the connection to its source', 'elsewhere', connection(project, model)),
    ...of('the image of its builds', 'missing', image(project)),
    ...of('the network interfaces of its builds', 'missing', network(project)),
    ...content.reports.flatMap(({ name, format }) =>
      of(
        `the reports of ${name}`,
        'harmed',
        report(project, name, format),
        buildspec.placeOf('reports', name),
      ),
    ),
    ...of(
      'variables from the Parameter Store',
      'elsewhere',
      parameters([...Object.values(content.parameterStore), ...variables(project, 'PARAMETER_STORE')]),
    ),
    ...of(
      'variables from Secrets Manager',
      'elsewhere',
      secrets([...Object.values(content.secretsManager), ...variables(project, 'SECRETS_MANAGER')]),
    ),
  ];
}

function log(project: Project): Permission[] {
  const config = project.resource.properties.LogsConfig as
    { CloudWatchLogs?: { Status?: unknown }; S3Logs?: { Status?: unknown; Location?: unknown } } | undefined;
  const group = project.logGroup ?? `/aws/codebuild/${project.name}`;
  return [
    ...(config?.CloudWatchLogs?.Status === 'DISABLED'
      ? []
      : on(
          arn('logs', `log-group:${group}:log-stream:‹stream›`),
          'logs:CreateLogStream',
          'logs:PutLogEvents',
        )),
    ...(config?.S3Logs?.Status === 'ENABLED' && typeof config.S3Logs.Location === 'string'
      ? on(arn('s3', `${config.S3Logs.Location}/‹key›`), 's3:PutObject')
      : []),
  ];
}

function artifacts({ artifacts: { type, location }, resource }: Project, model: Model): Permission[] {
  if (type === 'S3') return location ? on(arn('s3', `${withoutArn(location)}/‹key›`), 's3:PutObject') : [];
  const inPipeline = model.pipelines.some(({ actions }) =>
    actions.some(({ project }) => project?.resource === resource),
  );
  return type === 'CODEPIPELINE' && inPipeline ? on(arn('s3', '‹artifact store›/‹key›'), 's3:GetObject') : [];
}

/** CodeBuild asks for these where it can; and an action without output stores nothing for its pipeline. */
function perhapsOfArtifacts({ artifacts: { type, location } }: Project): Permission[] {
  if (type === 'NO_ARTIFACTS') return [];
  const bucket = type === 'S3' && location ? withoutArn(location) : '‹artifact store›';
  return [
    ...on(arn('s3', bucket), 's3:GetBucketAcl', 's3:GetBucketLocation'),
    ...on(arn('s3', `${bucket}/‹key›`), 's3:GetObjectVersion', 's3:PutObject'),
  ];
}

function cache({ cache: { type, location } }: Project): Permission[] {
  if (type !== 'S3' || location === undefined) return [];
  return on(arn('s3', `${withoutArn(location)}/‹key›`), 's3:GetObject', 's3:PutObject');
}

function withoutArn(location: string): string {
  return location.replace(/^arn:[^:]*:s3:::/, '').replace(/\/$/, '');
}

/** The one of the project, or else of the account, where a template imports it. */
export function connectionOf(project: Project, model: Model): string | undefined {
  const { auth, type } = project.source;
  if (auth) return auth.type === 'CODECONNECTIONS' ? auth.resource : undefined;
  if (!/^(GITHUB|BITBUCKET|GITLAB)/.test(type)) return undefined;
  const credential = model.stacks
    .flatMap(({ resources }) => resources)
    .find(({ type: kind, properties }) => {
      return (
        kind === 'AWS::CodeBuild::SourceCredential' &&
        properties.AuthType === 'CODECONNECTIONS' &&
        properties.ServerType === type
      );
    });
  const token = credential?.properties.Token;
  return typeof token === 'string' ? token : undefined;
}

/** By either name of the service: connections made before 2024 have the former one. https://docs.aws.amazon.com/codebuild/latest/userguide/connections-github-app.html */
export const CONNECTION_ACTIONS = ['GetConnection', 'GetConnectionToken'];

function connection(project: Project, model: Model): Permission[] {
  const resource = connectionOf(project, model);
  if (resource === undefined) return [];
  return ['codeconnections', 'codestar-connections'].flatMap((service) =>
    on(resource, ...[...CONNECTION_ACTIONS, 'UseConnection'].map((action) => `${service}:${action}`)),
  );
}

/** CodeBuild's own credentials pull it unless the project says otherwise; then it is up to the repository's policy. */
function image({ environment, resource }: Project): Permission[] {
  const { ImagePullCredentialsType } = (resource.properties.Environment ?? {}) as Record<string, unknown>;
  const found = ecrImage(environment.image);
  if (!found || ImagePullCredentialsType !== 'SERVICE_ROLE') return [];
  return [...on('*', 'ecr:GetAuthorizationToken'), ...on(found.repository, ...PULL)];
}

function network({ inVpc }: Project): Permission[] {
  if (!inVpc) return [];
  return [
    ...on(
      '*',
      'ec2:DescribeDhcpOptions',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeSubnets',
      'ec2:DescribeVpcs',
    ),
    ...on('‹resource›', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface'),
    ...on(arn('ec2', 'network-interface/‹id›'), 'ec2:CreateNetworkInterfacePermission'),
  ];
}

/** CodeBuild puts the project's name before that of a group. */
function report(project: Project, name: string, format: string): Permission[] {
  const isArn = name.startsWith('arn:');
  const isCoverage = /^(CLOVERXML|COBERTURAXML|JACOCOXML|SIMPLECOV)$/.test(format);
  return on(
    isArn ? name : arn('codebuild', `report-group/${project.name}-${name.replace(/\$\{?\w+\}?/g, '‹…›')}`),
    ...(isArn ? [] : ['codebuild:CreateReportGroup']),
    'codebuild:CreateReport',
    'codebuild:UpdateReport',
    isCoverage ? 'codebuild:BatchPutCodeCoverages' : 'codebuild:BatchPutTestCases',
  );
}

function variables({ environment }: Project, type: 'PARAMETER_STORE' | 'SECRETS_MANAGER'): string[] {
  return environment.variables.filter((variable) => variable.type === type).map(({ value }) => value);
}

export function parameters(names: readonly string[]): Permission[] {
  return names.flatMap((name) =>
    on(arnOr(name, arn('ssm', `parameter/${name.replace(/^\//, '')}`)), 'ssm:GetParameters'),
  );
}

/** `id:json-key:stage:version`, or an ARN with the same after it. */
export function secrets(references: readonly string[]): Permission[] {
  return references.flatMap((reference) => {
    const isArn = reference.startsWith('arn:');
    const parts = isKnown(reference) ? reference.split(':') : [reference];
    const id = isArn ? parts.slice(0, 7).join(':') : (parts[0] ?? '');
    return on(arnOr(id, arn('secretsmanager', `secret:${id}‹suffix›`)), 'secretsmanager:GetSecretValue');
  });
}

function arnOr(text: string, otherwise: string): string {
  return text.startsWith('arn:') || /^‹[^›]*›$/.test(text) ? text : otherwise;
}

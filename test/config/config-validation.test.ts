import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import example from '../../config/example';
import devAndProd from '../../config/examples/dev-and-prod';
import pullRequests from '../../config/examples/pull-requests';
import release from '../../config/examples/release';
import twoAccounts from '../../config/examples/two-accounts';
import mangoo from '../../config/mangoo';
import type { EnvironmentConfig, PipelineConfig } from '../../lib/config';
import { loadConfig } from '../../lib/config-file';
import { ConfigError, validate } from '../../lib/config-validation';

type Part<T> = { readonly [K in keyof T]?: T[K] extends readonly unknown[] ? T[K] : Part<T[K]> };

/** config/mangoo.ts with these parts otherwise. */
function changed(parts: Part<PipelineConfig>): PipelineConfig {
  const merged = Object.entries(parts).map(([section, value]) => {
    const before = mangoo[section as keyof PipelineConfig];
    const isRecord = typeof value === 'object' && !Array.isArray(value);
    return [section, isRecord ? { ...(before as object), ...(value as object) } : value];
  });
  return { ...mangoo, ...(Object.fromEntries(merged) as Partial<PipelineConfig>) };
}

/** What a user reads, line by line. */
function complaints(config: PipelineConfig, file = 'config/ours.ts'): string[] {
  try {
    validate(config, file);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n');
  }
}

const [backend, frontend] = mangoo.images;
const [environment] = mangoo.environments;
function parts(number: number): PipelineConfig['images'] {
  return Array.from({ length: number }, (_, i) => ({
    name: `part${i}`,
    context: `parts/${i}`,
    repository: `mangoo-part-${i}`,
    service: `mangoo-part-${i}`,
  }));
}
if (!backend || !frontend || !environment)
  throw new Error('config/mangoo.ts has lost its images or environment');

const allowed = { id: 'CVE-2026-12345', reason: 'we parse no XML', until: '2028-02-29' };

/** What may follow `imageScan.allowed[0]`, or instead of it. */
function allowing(...list: readonly (typeof allowed)[]): Part<PipelineConfig> {
  return { imageScan: { refuse: 'CRITICAL', allowed: list } };
}

const OTHER = '444455556666';
const HERE = { account: '111122223333', region: 'us-east-1' };

/** An environment that has nothing in common with those of other names. */
function named(
  name: string,
  parts: Partial<EnvironmentConfig> = {},
  variables: Record<string, string> = {},
): EnvironmentConfig {
  const own = { CDK_STACK_NAME: `Mangoo-${name}`, ECS_CLUSTER: `mangoo-${name}`, ...variables };
  return { name, branch: name, ...parts, variables: own };
}

const dev = named('dev');

describe('a configuration that can be used', () => {
  test.each(
    Object.entries({
      'config/mangoo.ts': mangoo,
      'config/example.ts': example,
      'config/examples/dev-and-prod.ts': devAndProd,
      'config/examples/release.ts': release,
      'config/examples/pull-requests.ts': pullRequests,
      'config/examples/two-accounts.ts': twoAccounts,
    }),
  )('%s has nothing against it', (file, config) => {
    expect(complaints(config, file)).toEqual([]);
  });

  test("the defaults are the guide's", () => {
    expect(mangoo).toMatchObject({
      github: { owner: 'jhonmezaa', repo: 'mangoo' },
      build: {
        image: 'standard:7.0',
        computeType: 'LARGE',
        timeoutMinutes: 60,
        nodejs: '20',
        python: '3.11',
      },
      retention: { artifactDays: 30, tieringAfterDays: 7 },
      environments: [{ name: 'default', branch: 'main', region: 'us-east-1' }],
      monitoring: { maxBuildMinutes: 20, minSuccessPercent: 95, minCacheHitPercent: 80 },
    });
    expect(mangoo.github).not.toHaveProperty('connectionArn');
  });

  test('people are told of failures, and nothing is refused or opened that nobody asked for', () => {
    expect(mangoo.notifications).toEqual({});
    expect(mangoo).not.toHaveProperty('imageScan');
    expect(mangoo.build).not.toHaveProperty('debugSessions');
    expect(mangoo).not.toHaveProperty('pullRequests');
  });

  test('the example differs in where the application lies, and in nothing else', () => {
    const { appDir, ...rest } = example;
    const { appDir: elsewhere, ...expected } = mangoo;

    expect([appDir, elsewhere]).toEqual(['examples/mangoo', '.']);
    expect(rest).toEqual(expected);
  });

  test.each(['main', 'release/1.2', 'fix#12', 'user@home', 'c++', 'a_b-c'])(
    'a branch may be %s',
    (branch) => {
      expect(complaints(changed({ environments: [{ ...environment, branch }] }))).toEqual([]);
    },
  );

  test.each([
    'arn:aws:codeconnections:us-east-1:111122223333:connection/01234567-89ab-cdef-0123-456789abcdef',
    'arn:aws-us-gov:codestar-connections:us-gov-west-1:111122223333:connection/01234567-89ab-cdef-0123-456789abcdef',
  ])('a connection may be %s', (connectionArn) => {
    expect(complaints(changed({ github: { connectionArn } }))).toEqual([]);
  });

  test('nobody has to be told, nothing measured, nothing scanned', () => {
    expect(
      complaints(changed({ notifications: undefined, imageScan: undefined, monitoring: undefined })),
    ).toEqual([]);
  });

  test('everything may be on at once', () => {
    expect(
      complaints(
        changed({
          build: { debugSessions: true },
          notifications: {
            email: ['team@example.com', 'ada.lovelace+ci@mail.example.co.uk'],
            https: ['https://hooks.example.com/builds?team=a'],
            slack: { workspaceId: 'T0123ABCD', channelId: 'C0123ABCDEF' },
            onSuccess: true,
          },
          imageScan: { refuse: 'HIGH', waitSeconds: 1, allowed: [allowed] },
          monitoring: { maxBuildMinutes: 59.5, minSuccessPercent: 100, minCacheHitPercent: 0.5 },
        }),
      ),
    ).toEqual([]);
  });

  test.each(['CVE-2026-12345', 'CVE-1999-0001', 'GHSA-jfh8-c2jp-5v3q', 'ALAS2-2026-1234'])(
    'a vulnerability may be called %s, as scanners do',
    (id) => {
      expect(
        complaints(changed({ imageScan: { refuse: 'CRITICAL', allowed: [{ ...allowed, id }] } })),
      ).toEqual([]);
    },
  );

  // Otherwise nobody could deploy the pipeline on the day after, not even to mend something else.
  test('a day that has passed keeps the pipeline deployable: it is the build that refuses the image', () => {
    const past = { ...allowed, until: '2020-02-29' };

    expect(complaints(changed({ imageScan: { refuse: 'CRITICAL', allowed: [past] } }))).toEqual([]);
  });

  test('two environments may deploy the same branch to places of their own: one push then builds for each', () => {
    const europe = named('europe', { branch: 'main', region: 'eu-west-1' });

    expect(
      complaints(changed({ environments: [named('america', { branch: 'main' }), europe], pipeline: HERE })),
    ).toEqual([]);
  });

  test('in regions of their own, environments may have clusters and qualifiers of one name: their ARNs have the region', () => {
    const alike = { bootstrapQualifier: 'mangoo' };
    const america = named('america', alike, { ECS_CLUSTER: 'mangoo' });
    const europe = named('europe', { ...alike, region: 'eu-west-1' }, { ECS_CLUSTER: 'mangoo' });

    expect(complaints(changed({ environments: [america, europe], pipeline: HERE }))).toEqual([]);
  });

  test('in accounts of their own, environments may have stacks and clusters of one name', () => {
    const prod = { name: 'prod', branch: 'main' };
    const staging = { name: 'stage', branch: 'stage', account: OTHER, bootstrapQualifier: 'mangooprod' };

    expect(complaints(changed({ environments: [prod, staging], pipeline: HERE }))).toEqual([]);
  });

  test.each(['us-east-1', 'ap-southeast-2', 'us-gov-west-1', 'cn-north-1', 'me-central-1'])(
    'a region may be %s',
    (region) => {
      expect(complaints(changed({ environments: [{ ...environment, region }] }))).toEqual([]);
    },
  );
});

test('a user reads every problem at once: file, field, rule, value', () => {
  const config = changed({
    github: { owner: 'jhon meza', repo: 'jhonmezaa/mangoo', connectionArn: 'arn:aws:iam::1:user/x' },
    appDir: '../elsewhere',
    images: [
      { ...backend, name: 'Back-end', context: '/backend', maxSizeMB: 0 },
      { ...frontend, repository: 'Mangoo', service: backend.service },
    ],
    application: { stacks: ['MangooCodeBuildStack'], cluster: 'my cluster', bootstrapQualifier: 'hnb659fds' },
    build: { timeoutMinutes: 4, python: '2.7', cache: 'shared' as 's3' },
    retention: { artifactDays: 7, tieringAfterDays: 7, logDays: 31, imagesKept: 1 },
    environments: [
      {
        name: 'Prod',
        branch: 'refs/heads/main',
        account: '1234',
        region: 'Frankfurt',
        variables: { 'A-B': '1', AWS_REGION: 'x', CODEBUILD_SRC_DIR: '/' },
      },
    ],
    notifications: {
      email: ['team', 'a@b.c', 'a@b.c'],
      https: ['http://hooks.example.com/'],
      slack: { workspaceId: 'mangoo', channelId: '#builds' },
    },
    imageScan: {
      refuse: 'MEDIUM' as 'HIGH',
      waitSeconds: 0,
      allowed: [{ id: 'CVE-26-1', reason: ' ', until: '2026-02-30' }, allowed, allowed],
    },
    monitoring: { maxBuildMinutes: 0, minSuccessPercent: 101, minCacheHitPercent: 0 },
    pullRequests: {
      branches: ['main*', 'develop', 'develop'],
      approval: 'DISABLED' as 'ALL_PULL_REQUESTS',
      computeType: 'TINY' as 'SMALL',
      buildspec: 'buildspec.yml',
    } as PipelineConfig['pullRequests'],
  });

  expect(complaints(config)).toEqual([
    'config/ours.ts is not usable:',
    '  - github.owner: expected a GitHub user or organization, got "jhon meza"',
    '  - github.repo: expected a repository\'s name, without owner or .git, got "jhonmezaa/mangoo"',
    '  - github.connectionArn: expected the ARN of a CodeConnections connection, got "arn:aws:iam::1:user/x"',
    '  - appDir: expected a path inside the application\'s repository, of letters, digits, . _ - and /, got "../elsewhere"',
    '  - images[0].name: expected letters and digits, first a lower-case letter, got "Back-end"',
    '  - images[0].context: expected a path inside appDir, of letters, digits, . _ - and /, got "/backend"',
    '  - images[0].maxSizeMB: expected a size in megabytes above 0, got 0',
    '  - images[1].repository: expected an ECR repository\'s name: lower-case letters, digits, . _ - and /, got "Mangoo"',
    '  - images[].service: expected each only once, got ["mangoo-backend-service","mangoo-backend-service"]',
    '  - application.stacks[0]: expected a stack of the application, not the pipeline\'s own: a build that changes its pipeline can break or escape it, got "MangooCodeBuildStack"',
    '  - application.cluster: expected an ECS cluster\'s name: letters, digits, _ and -, got "my cluster"',
    '  - application.bootstrapQualifier: expected another than the default bootstrap\'s, whose execution role is an administrator, got "hnb659fds"',
    '  - build.timeoutMinutes: expected a whole number of minutes from 5 to 2160, got 4',
    '  - build.python: expected a version that standard:7.0 has, as a string (3.9, 3.10, 3.11, 3.12, 3.13, 3.14), got "2.7"',
    "  - build.cache: expected 'local', 's3' or 'none', got \"shared\"",
    '  - retention.tieringAfterDays: expected a whole number of days below artifactDays (7): S3 refuses to move what has expired, got 7',
    '  - retention.logDays: expected one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, got 31',
    '  - retention.imagesKept: expected a whole number of images, at least 2: the running one and the one before, got 1',
    '  - environments[0].name: expected up to 20 lower-case letters and digits, got "Prod"',
    '  - environments[0].branch: expected a branch\'s name, without refs/heads/ and without patterns, got "refs/heads/main"',
    '  - environments[0].account: expected a 12-digit account id, got "1234"',
    '  - environments[0].region: expected a region such as us-east-1, got "Frankfurt"',
    '  - environments[0].variables.A-B: expected a name that a shell takes, got "A-B"',
    '  - environments[0].variables.AWS_REGION: expected a name that is not reserved (CODEBUILD_…, AWS_…), got "AWS_REGION"',
    '  - environments[0].variables.CODEBUILD_SRC_DIR: expected a name that is not reserved (CODEBUILD_…, AWS_…), got "CODEBUILD_SRC_DIR"',
    '  - notifications.email[0]: expected an e-mail address, got "team"',
    '  - notifications.https[0]: expected an https:// address, without a password in it, got "http://hooks.example.com/"',
    '  - notifications.email: expected each only once, got ["team","a@b.c","a@b.c"]',
    '  - notifications.slack.workspaceId: expected a workspace\'s id such as T0123ABCD, got "mangoo"',
    '  - notifications.slack.channelId: expected a channel\'s id such as C0123ABCD, not its name, got "#builds"',
    '  - imageScan.refuse: expected CRITICAL or HIGH, got "MEDIUM"',
    '  - imageScan.waitSeconds: expected a whole number of seconds, at least 1 and below build.timeoutMinutes (240 seconds), got 0',
    '  - imageScan.allowed[0].id: expected the id of a vulnerability such as CVE-2026-12345, got "CVE-26-1"',
    '  - imageScan.allowed[0].reason: expected why it may be deployed, in one line, got " "',
    '  - imageScan.allowed[0].until: expected a day as YYYY-MM-DD, got "2026-02-30"',
    '  - imageScan.allowed[].id: expected each only once, got ["CVE-26-1","CVE-2026-12345","CVE-2026-12345"]',
    '  - monitoring.maxBuildMinutes: expected a number of minutes above 0 and below build.timeoutMinutes (4), when a build is stopped, got 0',
    '  - monitoring.minSuccessPercent: expected per cent, above 0 and up to 100, got 101',
    '  - monitoring.minCacheHitPercent: expected per cent, above 0 and up to 100, got 0',
    '  - pullRequests: expected branches, approval and computeType only: what builds a stranger\'s code is given no role, variables, secrets or buildspec, got "buildspec"',
    '  - pullRequests.branches[0]: expected a branch\'s name, without refs/heads/ and without patterns, got "main*"',
    '  - pullRequests.branches: expected each only once, got ["main*","develop","develop"]',
    '  - pullRequests.approval: expected ALL_PULL_REQUESTS or FORK_PULL_REQUESTS (never DISABLED: a build can get at the credential that its source is cloned with, so somebody has to read a stranger\'s code first), got "DISABLED"',
    '  - pullRequests.computeType: expected one of SMALL, MEDIUM, LARGE, XLARGE, 2XLARGE, got "TINY"',
  ]);
});

const meant = { commit: 'a'.repeat(40), resource: 'MangooStack/Database', reason: 'moved by hand' };

test('what a commit may do is named by stack, of any environment, and resource', () => {
  const nested = { ...meant, resource: 'Mangoo-dev/Nested/Files' };

  expect(
    complaints(
      changed({
        application: {
          allowedChanges: [meant, nested],
          migration: './migrate',
          smokeTest: 'curl -f "$OUTPUT_Url"',
        },
        environments: [environment, named('dev')],
      }),
    ),
  ).toEqual([]);
});

describe('one fault alone is one line', () => {
  const may = (parts: Partial<typeof meant>): Part<PipelineConfig> => ({
    application: { allowedChanges: [{ ...meant, ...parts }] },
  });
  const FAULTS: readonly (readonly [line: string, parts: Part<PipelineConfig>])[] = [
    [
      'application.allowedChanges[0].commit: expected a whole commit id: 40 hexadecimal digits, got "*"',
      may({ commit: '*' }),
    ],
    [
      'application.allowedChanges[0].commit: expected a whole commit id: 40 hexadecimal digits, got "aaaaaaa"',
      may({ commit: 'a'.repeat(7) }),
    ],
    [
      'application.allowedChanges[0].resource: expected <Stack>/<LogicalId> of one of the application\'s stacks (MangooStack), got "Database"',
      may({ resource: 'Database' }),
    ],
    [
      'application.allowedChanges[0].resource: expected <Stack>/<LogicalId> of one of the application\'s stacks (MangooStack), got "MangooStack/*"',
      may({ resource: 'MangooStack/*' }),
    ],
    [
      'application.allowedChanges[0].resource: expected <Stack>/<LogicalId> of one of the application\'s stacks (MangooStack), got "Other/Database"',
      may({ resource: 'Other/Database' }),
    ],
    [
      'application.allowedChanges[0].reason: expected why it is meant, in one line, got " "',
      may({ reason: ' ' }),
    ],
    ['application.smokeTest: expected a command, or no field, got " "', { application: { smokeTest: ' ' } }],
    [
      'environments[0].variables.ALLOWED_CHANGES: expected no value: it comes from application.allowedChanges, got "[]"',
      { environments: [{ ...environment, variables: { ALLOWED_CHANGES: '[]' } }] },
    ],
    [
      'environments[0].variables.IMAGES: expected no value: it comes from images, got "none"',
      { environments: [{ ...environment, variables: { IMAGES: 'none' } }] },
    ],
    [
      'application.stacks: expected each stack once, got ["MangooStack","MangooStack"]',
      { application: { stacks: ['MangooStack', 'MangooStack'] } },
    ],
    ['github.owner: expected a GitHub user or organization, got "-dash"', { github: { owner: '-dash' } }],
    ['github.repo: expected a repository\'s name, without owner or .git, got ""', { github: { repo: '' } }],
    [
      'github.connectionArn: expected the ARN of a CodeConnections connection, got "ghp_0123456789"',
      { github: { connectionArn: 'ghp_0123456789' } },
    ],
    [
      'appDir: expected a path inside the application\'s repository, of letters, digits, . _ - and /, got "my app"',
      { appDir: 'my app' },
    ],
    ['images: expected 1 to 20 images, got 0', { images: [] }],
    ['images: expected 1 to 20 images, got 21', { images: parts(21) }],
    [
      'images[1].context: expected a path inside appDir, of letters, digits, . _ - and /, got "a/../../b"',
      { images: [backend, { ...frontend, context: 'a/../../b' }] },
    ],
    [
      'images[1].service: expected an ECS service\'s name: letters, digits, _ and -, got "a,b"',
      { images: [backend, { ...frontend, service: 'a,b' }] },
    ],
    [
      'images[].repository: expected each only once, got ["mangoo-backend","mangoo-backend"]',
      { images: [backend, { ...frontend, repository: backend.repository }] },
    ],
    ['application.stacks: expected at least one stack, got []', { application: { stacks: [] } }],
    [
      'application.stacks[1]: expected a CloudFormation stack\'s name, got "--all"',
      { application: { stacks: ['MangooStack', '--all'] } },
    ],
    [
      'application.stacks[0]: expected a stack of the application, not the pipeline\'s own: a build that changes its pipeline can break or escape it, got "CDKToolkit"',
      { application: { stacks: ['CDKToolkit'] } },
    ],
    [
      'application.bootstrapQualifier: expected up to 10 lower-case letters and digits, got "Mangoo"',
      { application: { bootstrapQualifier: 'Mangoo' } },
    ],
    [
      'build.image: expected one of standard:7.0, standard:8.0, got "standard:5.0"',
      { build: { image: 'standard:5.0' as 'standard:7.0' } },
    ],
    [
      'build.nodejs: expected a version that standard:8.0 has, as a string (22, 24), got "20"',
      { build: { image: 'standard:8.0' } },
    ],
    [
      // CDK would take it for SMALL without a word.
      'build.computeType: expected one of SMALL, MEDIUM, LARGE, XLARGE, 2XLARGE, got "HUGE"',
      { build: { computeType: 'HUGE' as 'LARGE' } },
    ],
    [
      'github.repo: expected a repository\'s name, without owner or .git, got "mangoo.git"',
      { github: { repo: 'mangoo.git' } },
    ],
    [
      'application.stacks[0]: expected a name that the pipeline\'s and the bootstrap\'s roles do not begin with, or deployments could change them, got "mangoo"',
      { application: { stacks: ['mangoo'] } },
    ],
    [
      'application.stacks[0]: expected a name that the pipeline\'s and the bootstrap\'s roles do not begin with, or deployments could change them, got "cdk"',
      { application: { stacks: ['cdk'] } },
    ],
    [
      // CloudFormation cuts it, and so does what deployments may change.
      'application.stacks[0]: expected a name that the pipeline\'s and the bootstrap\'s roles do not begin with, or deployments could change them, got "mangoo-release-deploy-default-app"',
      { application: { stacks: ['mangoo-release-deploy-default-app'] } },
    ],
    ['github.owner: expected a string, got nothing', { github: { owner: undefined } }],
    ['retention: expected an object, got nothing', { retention: undefined }],
    ['images: expected a list, got nothing', { images: undefined }],
    [
      'environments[0].branch: expected a string, got nothing',
      { environments: [{ name: 'default' } as never] },
    ],
    // A number loses its last zero: 3.10 is 3.1.
    [
      'build.python: expected a version that standard:7.0 has, as a string (3.9, 3.10, 3.11, 3.12, 3.13, 3.14), got 3.1',
      { build: { python: 3.1 as unknown as string } },
    ],
    [
      'build.timeoutMinutes: expected a whole number of minutes from 5 to 2160, got 2161',
      { build: { timeoutMinutes: 2161 } },
    ],
    [
      'build.timeoutMinutes: expected a whole number of minutes from 5 to 2160, got 90.5',
      { build: { timeoutMinutes: 90.5 } },
    ],
    [
      'retention.artifactDays: expected a whole number of days, at least 1, got 0',
      { retention: { artifactDays: 0, tieringAfterDays: undefined } },
    ],
    [
      'retention.tieringAfterDays: expected a whole number of days below artifactDays (30): S3 refuses to move what has expired, got -1',
      { retention: { tieringAfterDays: -1 } },
    ],
    [
      'retention.imagesKept: expected a whole number of images, at least 2: the running one and the one before, got 2.5',
      { retention: { imagesKept: 2.5 } },
    ],
    ['environments: expected at least one, got []', { environments: [] }],
    [
      'environments[].name: expected each only once, got ["dev","dev"]',
      // Elsewhere, so that nothing else is alike.
      { environments: [dev, { ...dev, account: OTHER }], pipeline: HERE },
    ],
    [
      'environments[0].name: expected another name: mangoo-build-deploy is the project of \'default\', and mangoo/shared/ is what all builds read, got "deploy"',
      { environments: [{ ...dev, name: 'deploy' }] },
    ],
    [
      'environments[0].name: expected another name: mangoo-build-deploy is the project of \'default\', and mangoo/shared/ is what all builds read, got "shared"',
      { environments: [{ ...dev, name: 'shared' }] },
    ],
    [
      'environments[0].bootstrapQualifier: expected up to 10 lower-case letters and digits, got "mangoo-dev"',
      { environments: [{ ...dev, bootstrapQualifier: 'mangoo-dev' }] },
    ],
    [
      'environments[0].bootstrapQualifier: expected another than the default bootstrap\'s, whose execution role is an administrator, got "hnb659fds"',
      { environments: [{ ...dev, bootstrapQualifier: 'hnb659fds' }] },
    ],
    [
      'environments[1].bootstrapQualifier: expected another than that of staging, in the same account and region, got "mangoostag"',
      { environments: [named('staging'), named('stage', { bootstrapQualifier: 'mangoostag' })] },
    ],
    [
      'environments[1].variables.ECS_CLUSTER: expected another than that of dev, in the same account and region, got "mangoo-dev"',
      { environments: [dev, named('prod', {}, { ECS_CLUSTER: 'mangoo-dev' })] },
    ],
    ...['Mangoo-dev', 'MangooDev', 'Mangoo-dev-2', 'Mangoo', 'Other Mangoo-dev'].map(
      (stacks) =>
        [
          `environments[1].variables.CDK_STACK_NAME: expected stacks of which none begins as one of dev is called (Mangoo-dev), nor the other way round: in one account, deployments of one could change the other's, got "${stacks}"`,
          // In another region: roles are the account's.
          {
            environments: [dev, named('prod', { region: 'eu-west-1' }, { CDK_STACK_NAME: stacks })],
            pipeline: HERE,
          },
        ] as const,
    ),
    [
      // CloudFormation cuts both to the same in the names of their roles.
      'environments[1].variables.CDK_STACK_NAME: expected stacks of which none begins as one of dev is called (MangooPlatformApplicationDev), nor the other way round: in one account, deployments of one could change the other\'s, got "MangooPlatformApplicationProd"',
      {
        environments: ['Dev', 'Prod'].map((of) =>
          named(of.toLowerCase(), { branch: of }, { CDK_STACK_NAME: `MangooPlatformApplication${of}` }),
        ),
      },
    ],
    [
      'environments[0].variables.CDK_STACK_NAME: expected a stack of the application, not the pipeline\'s own: a build that changes its pipeline can break or escape it, got "MangooImagesStack"',
      { environments: [named('dev', {}, { CDK_STACK_NAME: 'MangooStack MangooImagesStack' })] },
    ],
    [
      'environments[0].variables.CDK_STACK_NAME: expected a CloudFormation stack\'s name, got ""',
      { environments: [named('dev', {}, { CDK_STACK_NAME: ' ' })] },
    ],
    [
      'environments[0].variables.CDK_STACK_NAME: expected a name that the pipeline\'s and the bootstrap\'s roles do not begin with, or deployments could change them, got "mangoo-build"',
      { environments: [named('dev', {}, { CDK_STACK_NAME: 'mangoo-build' })] },
    ],
    [
      'environments[0].variables.ECS_CLUSTER: expected an ECS cluster\'s name: letters, digits, _ and -, got "dev/x"',
      { environments: [named('dev', {}, { ECS_CLUSTER: 'dev/x' })] },
    ],
    [
      'pipeline: expected account and region, here or in environments[0], because another environment is elsewhere, got {"region":"us-east-1"}',
      { environments: [{ ...dev, region: 'us-east-1' }, named('prod', { account: OTHER })] },
    ],
    ['pipeline.account: expected a 12-digit account id, got "1"', { pipeline: { account: '1' } }],
    [
      'pipeline.region: expected a region such as us-east-1, got "here"',
      { pipeline: { ...HERE, region: 'here' } },
    ],
    [
      "environments[0].retention.imagesKept: expected no value: the images are everybody's, got 5",
      { environments: [{ ...dev, retention: { imagesKept: 5 } as object }] },
    ],
    [
      'environments[0].retention.tieringAfterDays: expected a whole number of days below artifactDays (5): S3 refuses to move what has expired, got 7',
      { environments: [{ ...dev, retention: { artifactDays: 5 } }] },
    ],
    ...['TARGET_ACCOUNT', 'ROLLOUT_ROLE_ARN'].map(
      (name) =>
        [
          `environments[0].variables.${name}: expected no value: it comes from environments[].account, got "x"`,
          { environments: [named('dev', {}, { [name]: 'x' })] },
        ] as const,
    ),
    [
      'environments[0].account: expected a 12-digit account id, got "11112222333"',
      { environments: [{ ...environment, account: '11112222333' }] },
    ],
    [
      'environments[0].variables.DEBUG: expected a string, got true',
      { environments: [{ ...environment, variables: { DEBUG: true as unknown as string } }] },
    ],
    [
      'environments[0].variables.IMAGE_SCAN: expected no value: it comes from imageScan, got "{}"',
      { environments: [{ ...environment, variables: { IMAGE_SCAN: '{}' } }] },
    ],
    [
      'environments[0].variables.LAYER_CACHE: expected no value: it comes from build.registryCache, got "mangoo-backend"',
      { environments: [{ ...environment, variables: { LAYER_CACHE: 'mangoo-backend' } }] },
    ],
    [
      'images[1].repository: expected another repository than that of the layers (build.registryCache), got "mangoo-layer-cache"',
      {
        build: { registryCache: true },
        images: [backend, { ...frontend, repository: 'mangoo-layer-cache' }],
      },
    ],
    [
      'build.dockerServer: expected one of SMALL, MEDIUM, LARGE, XLARGE, 2XLARGE, got "HUGE"',
      { build: { dockerServer: 'HUGE' as 'LARGE' } },
    ],
    [
      'build.registryCache: expected a boolean, got "yes"',
      { build: { registryCache: 'yes' as unknown as boolean } },
    ],
    [
      'build.debugSessions: expected a boolean, got "yes"',
      { build: { debugSessions: 'yes' as unknown as boolean } },
    ],
    ['notifications: expected an object, got true', { notifications: true as never }],
    ['notifications.email: expected a list, got "a@b.c"', { notifications: { email: 'a@b.c' as never } }],
    [
      'notifications.email[0]: expected an e-mail address, got "a@b.c, d@e.f"',
      { notifications: { email: ['a@b.c, d@e.f'] } },
    ],
    [
      'notifications.https[0]: expected an https:// address, without a password in it, got "https://me:secret@example.com/"',
      { notifications: { https: ['https://me:secret@example.com/'] } },
    ],
    [
      'notifications.https[0]: expected an https:// address, without a password in it, got "hooks.example.com"',
      { notifications: { https: ['hooks.example.com'] } },
    ],
    [
      'notifications.https: expected each only once, got ["https://a.example/","https://a.example/"]',
      { notifications: { https: ['https://a.example/', 'https://a.example/'] } },
    ],
    [
      'notifications.slack.channelId: expected a string, got nothing',
      { notifications: { slack: { workspaceId: 'T0123ABCD' } } },
    ],
    [
      'notifications.onSuccess: expected a boolean, got "no"',
      { notifications: { onSuccess: 'no' as unknown as boolean } },
    ],
    ['imageScan.refuse: expected a string, got nothing', { imageScan: {} }],
    [
      // The build would be stopped before it could say why.
      'imageScan.waitSeconds: expected a whole number of seconds, at least 1 and below build.timeoutMinutes (3600 seconds), got 3600',
      { imageScan: { refuse: 'HIGH', waitSeconds: 3600 } },
    ],
    [
      'imageScan.allowed[0].reason: expected a string, got nothing',
      allowing({ id: allowed.id, until: allowed.until } as never),
    ],
    [
      'imageScan.allowed[0].reason: expected why it may be deployed, in one line, got "fine\\n{}"',
      allowing({ ...allowed, reason: 'fine\n{}' }),
    ],
    [
      'imageScan.allowed[0].id: expected the id of a vulnerability such as CVE-2026-12345, got "*"',
      allowing({ ...allowed, id: '*' }),
    ],
    [
      'imageScan.allowed[0].until: expected a day as YYYY-MM-DD, got "2027-02-29"',
      allowing({ ...allowed, until: '2027-02-29' }),
    ],
    [
      'imageScan.allowed[0].until: expected a day as YYYY-MM-DD, got "1 May 2027"',
      allowing({ ...allowed, until: '1 May 2027' }),
    ],
    [
      // It would never ring.
      'monitoring.maxBuildMinutes: expected a number of minutes above 0 and below build.timeoutMinutes (60), when a build is stopped, got 60',
      { monitoring: { maxBuildMinutes: 60 } },
    ],
    [
      'monitoring.minSuccessPercent: expected a number, got "95 %"',
      { monitoring: { minSuccessPercent: '95 %' as unknown as number } },
    ],
    ['pullRequests: expected an object, got true', { pullRequests: true as never }],
    [
      // No filter at all would be left.
      'pullRequests.branches: expected at least one branch: without any, CodeBuild builds every pull request and every push, got []',
      { pullRequests: { branches: [] } },
    ],
    ['pullRequests.branches: expected a list, got "main"', { pullRequests: { branches: 'main' as never } }],
    [
      'pullRequests.branches[0]: expected a branch\'s name, without refs/heads/ and without patterns, got ".*"',
      { pullRequests: { branches: ['.*'] } },
    ],
    [
      'pullRequests.branches[0]: expected a branch\'s name, without refs/heads/ and without patterns, got "refs/heads/main"',
      { pullRequests: { branches: ['refs/heads/main'] } },
    ],
  ];

  // Files are run without type check: what somebody hopes to be taken up must not be overlooked without a word.
  test.each(['role', 'variables', 'secrets', 'buildspec', 'image', 'privileged', 'environment'])(
    'nobody can give pull requests a %s, and its value, which may be a secret, is not shown',
    (field) => {
      const lines = complaints(changed({ pullRequests: { [field]: 'ghp_0123456789' } }));

      expect(lines).toEqual([
        'config/ours.ts is not usable:',
        `  - pullRequests: expected branches, approval and computeType only: what builds a stranger's code is given no role, variables, secrets or buildspec, got "${field}"`,
      ]);
    },
  );

  test("a stack whose deployments could change the pull requests' role is refused, and only where there is one", () => {
    const stacks = { application: { stacks: ['mangoo-pull'] } };

    expect(complaints(changed(stacks))).toEqual([]);
    expect(complaints(changed({ ...stacks, pullRequests: {} }))).toEqual([
      'config/ours.ts is not usable:',
      '  - application.stacks[0]: expected a name that the pipeline\'s and the bootstrap\'s roles do not begin with, or deployments could change them, got "mangoo-pull"',
    ]);
  });

  test.each(FAULTS)('%s', (line, parts) => {
    expect(complaints(changed(parts))).toEqual(['config/ours.ts is not usable:', `  - ${line}`]);
  });

  test.each([1, 3, 20])('%d images of any name are accepted', (number) => {
    expect(complaints(changed({ images: parts(number) }))).toEqual([]);
  });

  test.each(['main*', '^main$', 'feature/', '/main', 'a..b', 'a b', 'x.lock', '.hidden', '-n', ''])(
    'no branch is called %j',
    (branch) => {
      expect(complaints(changed({ environments: [{ ...environment, branch }] }))).toEqual([
        'config/ours.ts is not usable:',
        `  - environments[0].branch: expected a branch's name, without refs/heads/ and without patterns, got ${JSON.stringify(branch)}`,
      ]);
    },
  );
});

describe('a release', () => {
  function ofRelease(parts: Partial<PipelineConfig>): string[] {
    return complaints({ ...release, ...parts }).slice(1);
  }

  test('without a connection, nothing could start it', () => {
    expect(ofRelease({ github: mangoo.github })).toEqual([
      "  - github.connectionArn: expected a connection, because of release: CodePipeline takes no credential of CodeBuild's, got null",
    ]);
    expect(ofRelease({ github: mangoo.github, release: undefined })).toEqual([]);
  });

  test('with one environment, there is nothing to promote', () => {
    expect(ofRelease({ environments: release.environments.slice(0, 1) })).toEqual([
      '  - environments: expected at least two, because of release: the first gets what is built, the others what was approved, got ["dev"]',
    ]);
  });

  test.each([1, 1440])('an approval may take %d hours', (approvalHours) => {
    const retention = { ...release.retention, artifactDays: 61 };
    expect(ofRelease({ retention, release: { approvalHours } })).toEqual([]);
  });

  test.each([0, 1441, 1.5])('CodePipeline does not wait for %d hours', (approvalHours) => {
    const retention = { ...release.retention, artifactDays: 90 };
    expect(ofRelease({ retention, release: { approvalHours } })).toEqual([
      `  - release.approvalHours: expected a whole number of hours from 1 to 1440: CodePipeline waits for 60 days at most, got ${JSON.stringify(approvalHours)}`,
    ]);
  });

  test('what is approved late must still be there to be deployed', () => {
    const retention = { ...release.retention, artifactDays: 7, tieringAfterDays: undefined };

    expect(ofRelease({ retention, release: {} })).toEqual([
      '  - retention.artifactDays: expected more days than an approval may take (168 hours, release.approvalHours), or there is nothing left to deploy, got 7',
    ]);
    expect(ofRelease({ retention, release: { approvalHours: 167 } })).toEqual([]);
  });

  test('no build runs outside of the network that was asked for', () => {
    expect(ofRelease({ vpc: { egress: 'nat' } })).toEqual([
      '  - vpc: expected none beside a release, whose steps cannot run in one yet, got {"egress":"nat"}',
    ]);
    expect(ofRelease({ build: { ...release.build, dockerServer: 'SMALL' } })).toEqual([
      '  - build.dockerServer: expected none beside a release, which cannot have one yet, got "SMALL"',
    ]);
  });

  test.each([
    'mangoo-release',
    'mangoo-release-deploy',
    'mangoo-release-prepare-default',
    'MangooReleaseStack',
  ])('no application stack is called %s: its deployments could change the release', (stack) => {
    const found = complaints(changed({ application: { stacks: [stack] } }));

    expect(found.length).toBeGreaterThan(1);
    expect(found[1]).toContain('application.stacks[0]');
  });
});

describe('a file that cannot be read says so in one line, without a stack trace', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'mangoo-config-'));
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  function reading(name: string, text?: string): () => unknown {
    const file = path.join(directory, name);
    if (text !== undefined) writeFileSync(file, text);
    return () => loadConfig(file);
  }

  function file(name: string): string {
    return path.join(directory, name);
  }

  test('it is not there', () => {
    expect(reading('missing.ts')).toThrow(new ConfigError(file('missing.ts'), ['no such file']));
  });

  test('it exports nothing by default', () => {
    expect(reading('nothing.ts', 'export const config = {};\n')).toThrow(
      new ConfigError(file('nothing.ts'), [
        'expected `export default config`, a PipelineConfig, got no default export',
      ]),
    );
  });

  test('it fails while it is read', () => {
    expect(reading('throws.ts', "throw new Error('no token in the environment');\n")).toThrow(
      new ConfigError(file('throws.ts'), ['Error: no token in the environment']),
    );
  });

  test('the path is the one that the user typed', () => {
    expect(() => loadConfig('config/absent.ts')).toThrow('config/absent.ts is not usable:\n  - no such file');
  });

  test('it has a fault: the whole answer is one ConfigError', () => {
    expect(reading('faulty.ts', `export default ${JSON.stringify(changed({ appDir: '/abs' }))};\n`)).toThrow(
      ConfigError,
    );
  });

  test('it is right: what it says is what the stack gets', () => {
    expect(reading('right.ts', `export default ${JSON.stringify(mangoo)};\n`)()).toEqual(mangoo);
  });
});

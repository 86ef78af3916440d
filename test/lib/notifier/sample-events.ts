import type {
  BuildStateChange,
  EcrImageScan,
  InspectorFinding,
  InspectorScan,
  SeverityCounts,
} from '../../../lib/notifier/events';

export const COMMIT = '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567';
const UUID = '8745a7a9-c340-456a-9166-edf953571bee';
const BUILD = `arn:aws:codebuild:us-west-2:123456789012:build/my-sample-project:${UUID}`;

type Information = BuildStateChange['detail']['additional-information'];
type Phase = NonNullable<Information['phases']>[number];

export const COMMAND_FAILED =
  'COMMAND_EXECUTION_ERROR: Error while executing command: ci/test.sh. Reason: exit status 1';

/** The phases up to one that ends as told, as the event has them. */
export function phases(last: string, status: string, context = ': '): Phase[] {
  const all = ['SUBMITTED', 'QUEUED', 'PROVISIONING', 'DOWNLOAD_SOURCE', 'INSTALL', 'PRE_BUILD', 'BUILD'];
  const index = all.indexOf(last);
  const good = (index < 0 ? all : all.slice(0, index)).map((type) => ({
    'phase-type': type,
    'phase-status': 'SUCCEEDED',
    'phase-context': [] as string[],
    'start-time': 'Sep 1, 2017 4:12:29 PM',
    'end-time': 'Sep 1, 2017 4:12:29 PM',
    'duration-in-seconds': 0,
  }));
  return [
    ...good,
    { 'phase-type': last, 'phase-status': status, 'phase-context': [context] },
    { 'phase-type': 'COMPLETED' },
  ];
}

/**
 * The sample of https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html with another state,
 * but for the ids, which end in EX there.
 */
export function buildEvent(status: string, more: Partial<Information> = {}): BuildStateChange {
  const sample = {
    version: '0',
    id: 'c030038d-8c4d-6141-9545-00ff7b7153ee',
    'detail-type': 'CodeBuild Build State Change' as const,
    source: 'aws.codebuild',
    // So it stands there.
    account: ':123456789012',
    time: '2017-09-01T16:14:28Z',
    region: 'us-west-2',
    resources: [BUILD],
    detail: {
      'build-status': status,
      'project-name': 'my-sample-project',
      'build-id': BUILD,
      'additional-information': {
        artifact: {
          md5sum: 'da9c44c8a9a3cd4b443126e823168fee',
          sha256sum: '6ccc2ae1df9d155ba83c597051611c42d60e09c6329dcb14a312cecc0a8e39ee',
          location: 'arn:aws:s3:::codebuild-123456789012-output-bucket/my-output-artifact.zip',
        },
        environment: {
          image: 'aws/codebuild/standard:2.0',
          'privileged-mode': false,
          'compute-type': 'BUILD_GENERAL1_SMALL',
          type: 'LINUX_CONTAINER',
          'environment-variables': [],
        },
        'timeout-in-minutes': 60,
        'build-complete': true,
        initiator: 'MyCodeBuildDemoUser',
        'build-start-time': 'Sep 1, 2017 4:12:29 PM',
        source: {
          location: 'codebuild-123456789012-input-bucket/my-input-artifact.zip',
          type: 'S3',
        },
        logs: {
          'group-name': '/aws/codebuild/my-sample-project',
          'stream-name': UUID,
          'deep-link': `https://console.aws.amazon.com/cloudwatch/home?region=us-west-2#logEvent:group=/aws/codebuild/my-sample-project;stream=${UUID}`,
        },
        phases: phases('FINALIZING', 'SUCCEEDED'),
        ...more,
      },
      'current-phase': 'COMPLETED',
      'current-phase-context': '[]',
      version: '1',
    },
  };
  return sample;
}

export const BUILD_ID = `my-sample-project:${UUID}`;

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html */
export function ecrScan(counts?: SeverityCounts, status = 'COMPLETE'): EcrImageScan {
  const sample = {
    version: '0',
    id: '85fc3613-e913-7fc4-a80c-a3753e4aa9ae',
    'detail-type': 'ECR Image Scan' as const,
    source: 'aws.ecr',
    account: '123456789012',
    time: '2019-10-29T02:36:48Z',
    region: 'us-east-1',
    resources: ['arn:aws:ecr:us-east-1:123456789012:repository/my-repository-name'],
    detail: {
      'scan-status': status,
      'repository-name': 'my-repository-name',
      'finding-severity-counts': counts,
      'image-digest': 'sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd1234',
      'image-tags': [],
    },
  };
  return sample;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html */
export function inspectorScan(
  counts: SeverityCounts = { CRITICAL: 7, HIGH: 61, MEDIUM: 62, TOTAL: 158 },
): InspectorScan {
  const sample = {
    version: '0',
    id: '739c0d3c-4f02-85c7-5a88-94a9EXAMPLE',
    'detail-type': 'Inspector2 Scan' as const,
    source: 'aws.inspector2',
    account: '123456789012',
    time: '2021-12-03T18:03:16Z',
    region: 'us-east-2',
    resources: ['arn:aws:ecr:us-east-2:123456789012:repository/amazon/amazon-ecs-sample'],
    detail: {
      'scan-status': 'INITIAL_SCAN_COMPLETE',
      'repository-name': 'arn:aws:ecr:us-east-2:123456789012:repository/amazon/amazon-ecs-sample',
      'finding-severity-counts': counts,
      'image-digest': 'sha256:36c7b282abd0186e01419f2e58743e1bf635808231049bbc9d77e5EXAMPLE',
      'image-tags': ['latest'],
    },
  };
  return sample;
}

/** The same page. There, the finding is MEDIUM and observed 17 seconds after the push. */
export function inspectorFinding(
  more: Partial<InspectorFinding['detail']> = {},
  pushedAt = 'Dec 3, 2021, 6:02:13 PM',
): InspectorFinding {
  const sample = {
    version: '0',
    id: '42dbea55-45ad-b2b4-87a8-afaEXAMPLE',
    'detail-type': 'Inspector2 Finding' as const,
    source: 'aws.inspector2',
    account: '123456789012',
    time: '2021-12-03T18:02:30Z',
    region: 'us-east-2',
    resources: [
      'arn:aws:ecr:us-east-2:123456789012:repository/amazon/amazon-ecs-sample/sha256:36c7b282abd0186e01419f2e58743e1bf635808231049bbc9d77eEXAMPLE',
    ],
    detail: {
      awsAccountId: '123456789012',
      findingArn: 'arn:aws:inspector2:us-east-2:123456789012:finding/be674aaddd0f75ac632055EXAMPLE',
      firstObservedAt: 'Dec 3, 2021, 6:02:30 PM',
      inspectorScore: 6.5,
      lastObservedAt: 'Dec 3, 2021, 6:02:30 PM',
      packageVulnerabilityDetails: {
        source: 'REDHAT_CVE',
        sourceUrl: 'https://access.redhat.com/security/cve/CVE-2019-17498',
        vendorSeverity: 'Moderate',
        vulnerabilityId: 'CVE-2019-17498',
        vulnerablePackages: [
          {
            arch: 'X86_64',
            epoch: 0,
            name: 'libssh2',
            packageManager: 'OS',
            release: '12.amzn2.2',
            version: '1.4.3',
          },
        ],
      },
      remediation: {
        recommendation: {
          text: 'Update all packages in the vulnerable packages section to their latest versions.',
        },
      },
      resources: [
        {
          details: {
            awsEcrContainerImage: {
              architecture: 'amd64',
              imageHash: 'sha256:36c7b282abd0186e01419f2e58743e1bf635808231049bbc9d77e5EXAMPLE',
              imageTags: ['latest'],
              platform: 'AMAZON_LINUX_2',
              pushedAt,
              registry: '123456789012',
              repositoryName: 'amazon/amazon-ecs-sample',
            },
          },
          id: 'arn:aws:ecr:us-east-2:123456789012:repository/amazon/amazon-ecs-sample/sha256:36c7b282abd0186e01419f2e58743e1bf635808231049bbc9d77EXAMPLE',
          type: 'AWS_ECR_CONTAINER_IMAGE',
        },
      ],
      severity: 'MEDIUM',
      status: 'ACTIVE',
      title: 'CVE-2019-17498 - libssh2',
      type: 'PACKAGE_VULNERABILITY',
      updatedAt: 'Dec 3, 2021, 6:02:30 PM',
      ...more,
    },
  };
  return sample;
}

const at = '[Container] 2017/09/01 16:13:10.000000 ';

/** A log whose command printed some lines, and failed. */
export function failedLog(output: readonly string[], command = 'ci/test.sh', status = 1): string[] {
  return [
    `${at}Entering phase PRE_BUILD`,
    `${at}Running command ci/login.sh`,
    'Login Succeeded',
    `${at}Phase complete: PRE_BUILD State: SUCCEEDED`,
    `${at}Phase context status code:  Message: `,
    `${at}Entering phase BUILD`,
    `${at}Running command ${command}`,
    ...output,
    `${at}Command did not exit successfully ${command} exit status ${status}`,
    `${at}Phase complete: BUILD State: FAILED`,
    `${at}Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command: ${command}. Reason: exit status ${status}`,
    `${at}Entering phase POST_BUILD`,
    `${at}Running command [ "\${CODEBUILD_BUILD_SUCCEEDING:-0}" = 1 ] || exit 1`,
    `${at}Command did not exit successfully [ "\${CODEBUILD_BUILD_SUCCEEDING:-0}" = 1 ] || exit 1 exit status 1`,
    `${at}Phase complete: POST_BUILD State: FAILED`,
  ];
}

/** What EventBridge puts around each event. https://docs.aws.amazon.com/eventbridge/latest/userguide/aws-events.html */
export interface Event<Type extends string = string, Detail = unknown> {
  readonly id: string;
  readonly 'detail-type': Type;
  readonly source: string;
  readonly account: string;
  readonly region: string;
  /** ISO 8601, in UTC. */
  readonly time: string;
  readonly resources: readonly string[];
  readonly detail: Detail;
}

/**
 * A build began or ended. The documentation knows four states; the API has FAULT and TIMED_OUT besides, so they are expected
 * here, too. https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html
 */
export type BuildStateChange = Event<
  'CodeBuild Build State Change',
  {
    readonly 'build-status': string;
    readonly 'project-name': string;
    /** The build's ARN. */
    readonly 'build-id': string;
    readonly 'additional-information': {
      readonly 'build-number'?: number;
      readonly initiator?: string;
      /** `Sep 1, 2017 4:12:29 PM`, in UTC. */
      readonly 'build-start-time'?: string;
      readonly 'timeout-in-minutes'?: number;
      readonly 'source-version'?: string;
      readonly environment?: {
        readonly 'environment-variables'?: readonly { readonly name: string; readonly value?: string }[];
      };
      /** A build that fails before its log begins has no names here. */
      readonly logs?: {
        readonly 'group-name'?: string | null;
        readonly 'stream-name'?: string | null;
        readonly 'deep-link'?: string | null;
      };
      readonly phases?: readonly {
        readonly 'phase-type': string;
        /** Absent for COMPLETED. */
        readonly 'phase-status'?: string;
        /** `CODE: message`; `: ` where there is nothing to say. */
        readonly 'phase-context'?: readonly string[];
      }[];
    };
  }
>;

/** How many findings of a severity; one without findings has no key. */
export type SeverityCounts = Readonly<Record<string, number | undefined>>;

interface ImageScanDetail {
  readonly 'scan-status': string;
  readonly 'repository-name': string;
  readonly 'finding-severity-counts'?: SeverityCounts;
  readonly 'image-digest': string;
  readonly 'image-tags'?: readonly string[];
}

/** Basic scanning. https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html */
export type EcrImageScan = Event<'ECR Image Scan', ImageScanDetail>;

/**
 * Enhanced scanning, once for each image; `repository-name` is an ARN.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html
 */
export type InspectorScan = Event<'Inspector2 Scan', ImageScanDetail>;

/** Enhanced scanning, for each finding, also long after the push. Times as `Dec 3, 2021, 6:02:30 PM`, in UTC; same page. */
export type InspectorFinding = Event<
  'Inspector2 Finding',
  {
    readonly findingArn: string;
    readonly title: string;
    readonly severity: string;
    readonly status: string;
    readonly firstObservedAt?: string;
    readonly packageVulnerabilityDetails?: {
      readonly vulnerabilityId?: string;
      readonly sourceUrl?: string;
      readonly vulnerablePackages?: readonly {
        readonly name: string;
        readonly version?: string;
        readonly fixedInVersion?: string;
      }[];
    };
    readonly remediation?: { readonly recommendation?: { readonly text?: string } };
    readonly resources: readonly {
      readonly type: string;
      readonly details?: {
        readonly awsEcrContainerImage?: {
          readonly repositoryName: string;
          readonly imageHash: string;
          readonly imageTags?: readonly string[];
          readonly pushedAt?: string;
        };
      };
    }[];
  }
>;

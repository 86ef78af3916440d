import { Stack } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import type { EventPattern } from 'aws-cdk-lib/aws-events';

interface NotableEvent {
  readonly description: string;
  readonly eventPattern: EventPattern;
}

/**
 * What the pipeline tells people about: ends of its own builds, and severe vulnerabilities in its own images. By the rules'
 * ids.
 *
 * @param steps other projects whose builds are told: those of a release
 * @param repositories whose images; none where another environment tells of them
 */
export function notableEvents(
  project: string,
  steps: readonly string[],
  repositories: readonly IRepository[],
): Readonly<Record<string, NotableEvent>> {
  const projects = [project, ...steps];
  const buildEnd = { source: ['aws.codebuild'], detailType: ['CodeBuild Build State Change'] };
  return {
    // CDK's `onBuildFailed` matches FAILED alone, and so misses a build that somebody stopped.
    BuildWithoutSuccess: {
      description: `Builds of ${projects.join(', ')} that ended without success`,
      eventPattern: {
        ...buildEnd,
        detail: {
          'project-name': projects,
          'build-status': [{ 'anything-but': ['IN_PROGRESS', 'SUCCEEDED'] }],
        },
      },
    },
    BuildSuccess: {
      description: `Builds of ${projects.join(', ')} that succeeded: the first after a failure is told`,
      eventPattern: { ...buildEnd, detail: { 'project-name': projects, 'build-status': ['SUCCEEDED'] } },
    },
    ...(repositories.length > 0 && imageEvents(project, repositories)),
  };
}

function imageEvents(
  project: string,
  repositories: readonly IRepository[],
): Readonly<Record<string, NotableEvent>> {
  const repositoryNames = repositories.map((repository) => repository.repositoryName);
  // A severity without findings has no key.
  // https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
  const severe = ['CRITICAL', 'HIGH'].map((severity) => ({
    'finding-severity-counts': { [severity]: [{ numeric: ['>', 0] }] },
  }));
  return {
    ImageScan: {
      description: `Basic scans that found something severe in the images of ${project}`,
      eventPattern: {
        source: ['aws.ecr'],
        detailType: ['ECR Image Scan'],
        detail: { 'scan-status': ['COMPLETE'], 'repository-name': repositoryNames, $or: severe },
      },
    },
    InspectorScan: {
      description: `Inspector's first scans that found something severe in the images of ${project}`,
      eventPattern: {
        source: ['aws.inspector2'],
        detailType: ['Inspector2 Scan'],
        detail: {
          'scan-status': ['INITIAL_SCAN_COMPLETE'],
          // An ARN, whatever the key says; without its beginning, twenty fit into the 2,048 characters of a pattern.
          // https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html
          'repository-name': repositories.map((repository) => ({
            suffix: `${Stack.of(repository).account}:repository/${repository.repositoryName}`,
          })),
          $or: severe,
        },
      },
    },
    InspectorFinding: {
      description: `Severe vulnerabilities that Inspector finds in the images of ${project}, also long after the push`,
      eventPattern: {
        source: ['aws.inspector2'],
        detailType: ['Inspector2 Finding'],
        detail: {
          severity: ['CRITICAL', 'HIGH'],
          status: ['ACTIVE'],
          resources: {
            type: ['AWS_ECR_CONTAINER_IMAGE'],
            details: { awsEcrContainerImage: { repositoryName: repositoryNames } },
          },
        },
      },
    },
  };
}

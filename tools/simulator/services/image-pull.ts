import { createHash } from 'node:crypto';
import type { Emulated } from '../gateway/emulated';
import { AwsError, type AwsRequest } from '../gateway/request';
import type { Session, Sessions } from '../gateway/sessions';
import { taskSession } from './task-session';
import { unsentRequest } from './unsent-request';

export interface ImagePullParts {
  readonly account: string;
  readonly emulated: Emulated;
  readonly sessions: Sessions;
  readonly authorizer: {
    authorize(request: AwsRequest): Promise<void>;
    mayAssume(
      service: string,
      roleArn: string,
      context: Readonly<Record<string, string>>,
    ): Promise<{ readonly allowed: boolean }>;
  };
}

/** A task definition's image that could not be pulled, in the words of a stopped task's reason. */
export class PullError extends Error {}

/**
 * Pulls an image as ECS does, with the permissions of the task's execution role.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
 *
 * @returns the digest. Images of other registries and accounts are taken on trust: theirs is made of their name.
 * @throws PullError
 */
export async function pullImage(
  image: string,
  executionRoleArn: string | undefined,
  parts: ImagePullParts,
): Promise<string> {
  const { account, region, repositoryName, imageTag = 'latest', imageDigest } = ecrImage(image) ?? {};
  if (!region || !repositoryName || account !== parts.account) {
    return (
      /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1] ??
      `sha256:${createHash('sha256').update(image).digest('hex')}`
    );
  }
  if (executionRoleArn === undefined) {
    throw new PullError(
      `CannotPullContainerError: pull access denied for ${image}, repository does not exist or may require authorization: task definition has no execution role`,
    );
  }
  const session = await executionSession(executionRoleArn, region, parts);
  const imageIds = [imageDigest ? { imageDigest } : { imageTag }];
  const request = (operation: string, input: AwsRequest['input']): AwsRequest =>
    unsentRequest({ session, region }, 'ecr', operation, input);
  try {
    await judged(
      parts,
      request('GetAuthorizationToken', {}),
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s)',
    );
    const manifest = request('BatchGetImage', { repositoryName, imageIds });
    await judged(
      parts,
      manifest,
      `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}`,
    );
    await judged(
      parts,
      request('GetDownloadUrlForLayer', { repositoryName }),
      `CannotPullContainerError: failed to copy ${image}`,
    );
    const { images } = await parts.emulated.call<{ images: { imageId: { imageDigest: string } }[] }>(
      manifest,
      'BatchGetImage',
      { repositoryName, imageIds },
    );
    const [found] = images;
    if (found) return found.imageId.imageDigest;
    throw new PullError(
      `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${image}: not found`,
    );
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new PullError(
      `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${error.message}`,
    );
  } finally {
    parts.sessions.revoke(session);
  }
}

/** The parts of an image's name in ECR; undefined for another registry's. */
export function ecrImage(image: string):
  | {
      readonly account?: string;
      readonly region?: string;
      readonly repositoryName?: string;
      readonly imageTag?: string;
      readonly imageDigest?: string;
    }
  | undefined {
  return /^(?<account>\d{12})\.dkr\.ecr\.(?<region>[a-z0-9-]+)\.amazonaws\.[a-z.]+\/(?<repositoryName>[^:@]+)(?::(?<imageTag>[^@]+))?(?:@(?<imageDigest>sha256:[0-9a-f]+))?$/.exec(
    image,
  )?.groups;
}

async function judged(parts: ImagePullParts, request: AwsRequest, failure: string): Promise<void> {
  try {
    await parts.authorizer.authorize(request);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new PullError(`${failure}: ${error.code}: ${error.message}`);
  }
}

/**
 * A session of a task's execution role, which has to trust ECS.
 *
 * @throws PullError
 */
export async function executionSession(
  executionRoleArn: string,
  region: string,
  parts: ImagePullParts,
): Promise<Session> {
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-iam-roles.html
  const trusted = await parts.authorizer.mayAssume('ecs-tasks.amazonaws.com', executionRoleArn, {
    'aws:SourceAccount': parts.account,
    'aws:SourceArn': `arn:aws:ecs:${region}:${parts.account}:*`,
  });
  if (!trusted.allowed) {
    throw new PullError(
      `ECS was unable to assume the role '${executionRoleArn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
    );
  }
  return taskSession(parts.sessions, executionRoleArn);
}

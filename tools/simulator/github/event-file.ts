import type { WebhookEvent } from './types';

/**
 * Reads a webhook payload of GitHub's own from a file.
 *
 * @throws UserError when it is none that CodeBuild builds
 */
export function readEvent(file: string): WebhookEvent {
  throw new Error(`${file}: not read yet`);
}

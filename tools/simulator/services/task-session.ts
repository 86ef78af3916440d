import { randomBytes } from 'node:crypto';
import type { Session, Sessions } from '../gateway/sessions';

/** What ECS does as one of a task's two roles; whoever asks for it revokes it. */
export function taskSession(sessions: Sessions, roleArn: string): Session {
  const role = roleArn.split('/').at(-1) ?? '';
  const name = randomBytes(16).toString('hex');
  return sessions.issue({
    arn: roleArn.replace(/:iam::(\d+):role\/.*$/, `:sts::$1:assumed-role/${role}/${name}`),
    roleArn,
  });
}

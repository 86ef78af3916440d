import type { Recorded } from '../../tools/releases/recorded';

/** A release of this number, whose commit and digests are of `what` alone. */
export function recordedRelease(
  release: number,
  what: string,
  changes: Partial<Recorded & { status: string }> = {},
): Recorded & { version: 1 } {
  const commit = what.repeat(40);
  const at = (minutes: number): string => new Date(Date.UTC(2026, 10, 25, release, minutes)).toISOString();
  return {
    version: 1,
    release: String(release),
    commit,
    tag: commit,
    branch: 'main',
    author: 'Ada',
    subject: `Change ${what}`,
    build: `mangoo-build-deploy:${release}`,
    started: at(0),
    verified: at(6),
    seconds: 360,
    rollback: false,
    images: {
      backend: { repository: 'mangoo-backend', digest: digestOf(what, 'b'), built: true, from: commit },
      frontend: { repository: 'mangoo-frontend', digest: digestOf(what, 'f'), built: true, from: commit },
    },
    taskDefinitions: { 'mangoo-backend-service': `arn:backend:${release}` },
    ...changes,
  };
}

export function digestOf(what: string, image: string): string {
  return `sha256:${image}${what.repeat(63)}`;
}

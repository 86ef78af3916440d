import type { FailureMode } from './failure-mode';

const ECS = 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide';

/** ECS and the tasks. */
export const ROLLOUT_FAILURES: readonly FailureMode[] = [
  {
    id: 'F77',
    title: 'The circuit breaker of ECS rolled back',
    pattern: /ECS Deployment Circuit Breaker was triggered/i,
    cause: 'the new tasks stopped or never became healthy; ECS went back to the old ones',
    fix: 'read why they stopped (aws ecs describe-tasks, and the log of the container), correct it, push again',
    link: `${ECS}/deployment-circuit-breaker.html`,
    example: `Resource handler returned message: "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'." (RequestToken: 1, HandlerErrorCode: GeneralServiceException)`,
  },
  {
    id: 'F79',
    title: 'The service runs another image',
    pattern: /(?<service>\S+) does not run sha256:\w+: ECS went back|the rollout of (?<rollout>\S+) failed/,
    cause: 'the stack was deployed, but ECS did not keep the new tasks of {service}{rollout}',
    fix: 'read why they stopped (the events above in the log, and the log of the container), correct it, push again',
    link: `${ECS}/deployment-circuit-breaker.html`,
    example: 'ERROR: the rollout of mangoo-backend-service failed; its last events are above',
  },
  {
    id: 'F90',
    title: 'A service does not become steady',
    pattern:
      /after (?<seconds>\d+) s these services are not steady: (?<services>.+)|Exceeded attempts to wait/,
    cause:
      'the tasks of {services|a service} stop again and again, or never become healthy, and no circuit breaker ends that',
    fix: 'read why they stop (the events above in the log, and the log of the container); the new release is deployed, so push a correction or start a build of the last good commit',
    link: `${ECS}/troubleshooting.html`,
    example: 'ERROR: after 1200 s these services are not steady: mangoo-backend-service',
  },
  {
    id: 'F91',
    title: 'An image cannot be pulled',
    pattern: /CannotPullContainerError|CannotPullImageManifestError/,
    cause: 'ECS cannot pull the image of the new tasks',
    fix: 'look whether the image is there, and at the permissions of the execution role and the way to ECR (NAT or endpoints)',
    link: `${ECS}/task_cannot_pull_image.html`,
    example: 'CannotPullContainerError: pull image manifest has been retried 7 time(s): image not found',
  },
];

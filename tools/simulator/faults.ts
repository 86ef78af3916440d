/**
 * What a run is asked to break, so that its end can be looked at. Each part of the simulator asks for its own fault by
 * name; nothing else knows of it.
 */
export interface Fault {
  readonly name: FaultName;
  /** What follows the colon in `--fault access-denied:ecr:PutImage`. */
  readonly argument?: string;
}

export const FAULTS = {
  'command-fails':
    'the first command of a phase fails (`command-fails:BUILD`, the default; or INSTALL, PRE_BUILD, POST_BUILD)',
  'push-fails':
    'the registry refuses a docker push (`push-fails:mangoo-frontend` one repository, default: every)',
  'access-denied': 'IAM denies the build an action (`access-denied:ecr:PutImage`)',
  'stack-rolls-back':
    'a resource of the application stack fails (`stack-rolls-back:AWS::ECS::Service`, the default type)',
  'rollout-fails':
    'the new tasks stop and the ECS circuit breaker rolls the service back (`rollout-fails:SERVICE`, default: every)',
} as const;

export type FaultName = keyof typeof FAULTS;

export class Faults {
  constructor(private readonly faults: readonly Fault[] = []) {}

  /** The arguments of each fault of that name that was asked for; `undefined` where it was given without one. */
  of(name: FaultName): readonly (string | undefined)[] {
    return this.faults.filter((fault) => fault.name === name).map((fault) => fault.argument);
  }
}

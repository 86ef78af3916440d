import type { Resource, Stack } from './stack';

/** An ECS service of a template. */
export interface Service {
  readonly stack: Stack;
  readonly resource: Resource;
  /** Its literal name, or `‹LogicalId›`. */
  readonly name: string;
  readonly cluster: string;
  readonly circuitBreaker: { readonly enabled: boolean; readonly rollback: boolean };
  /** Undefined where no template has it. */
  readonly taskDefinition?: TaskDefinition;
}

export interface TaskDefinition {
  readonly stack: Stack;
  readonly resource: Resource;
  readonly family: string;
  /** `X86_64` where nothing is said. */
  readonly cpuArchitecture: string;
  readonly containers: readonly Container[];
}

export interface Container {
  readonly name: string;
  /** As far as known, e.g. `‹AWS::AccountId›.dkr.ecr.us-east-1.amazonaws.com/mangoo-backend:latest`. */
  readonly image: string;
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly secrets: readonly { readonly name: string; readonly valueFrom: string }[];
  readonly healthCheck?: readonly string[];
  readonly ports: readonly number[];
}

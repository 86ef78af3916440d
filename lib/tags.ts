import { Tags } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Of every resource: by them, costs are found. */
export function tagsOf(environment: string): Record<string, string> {
  return { project: 'mangoo', component: 'ci-cd', environment };
}

export function tag(scope: IConstruct, environment: string): void {
  for (const [key, value] of Object.entries(tagsOf(environment))) Tags.of(scope).add(key, value);
}

import { DEPLOYMENT_FAILURES } from './failures/deployment';
import { ENVIRONMENT_FAILURES } from './failures/environment';
import { GENERAL_FAILURES } from './failures/general';
import { REGISTRY_FAILURES } from './failures/registry';
import { ROLLOUT_FAILURES } from './failures/rollout';
import { SOURCE_FAILURES } from './failures/source';
import type { FailureMode } from './failures/failure-mode';

/**
 * What builds of this pipeline fail on. Ids up to F85 are those of the collection of failures that the pipeline was designed
 * by; from F86 on they are our own. The more telling entry comes first: in one line, the first that matches counts.
 */
export const FAILURES: readonly FailureMode[] = [
  ...SOURCE_FAILURES,
  ...ENVIRONMENT_FAILURES,
  ...REGISTRY_FAILURES,
  ...DEPLOYMENT_FAILURES,
  ...ROLLOUT_FAILURES,
  ...GENERAL_FAILURES,
];

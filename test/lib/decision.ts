import { runSimulation, runUnsafeSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import { HERE } from './resolved';

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

export interface Request {
  readonly action: string;
  /** `*` where the API has no resource. */
  readonly on: string;
  /** The condition keys of the request. */
  readonly with?: Readonly<Record<string, string>>;
}

export interface Limits {
  readonly boundary?: PolicyDocument;
}

/** What the registry's own protocol takes; written out, because the code under test must not say what is expected of it. */
export const PUSH_AND_PULL = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:BatchGetImage',
  'ecr:CompleteLayerUpload',
  'ecr:GetDownloadUrlForLayer',
  'ecr:InitiateLayerUpload',
  'ecr:PutImage',
  'ecr:UploadLayerPart',
];

/**
 * What IAM answers to a principal of this account that has these identity policies. Only they (and the boundary) are
 * asked, not the resource's side: a role of another account is denied here because no policy names it.
 *
 * @throws Error when the request cannot exist: an action that IAM does not know, or not on such a resource
 */
export async function isAllowed(
  policies: readonly PolicyDocument[],
  request: Request,
  { boundary }: Limits = {},
): Promise<boolean> {
  const simulation: Simulation = {
    request: {
      principal: `arn:aws:iam::${HERE.account}:role/tested`,
      action: request.action,
      resource: { resource: request.on, accountId: HERE.account },
      contextVariables: { ...request.with },
    },
    identityPolicies: policies.map((policy, i) => ({ name: `policy ${i}`, policy })),
    ...(boundary && { permissionBoundaryPolicies: [{ name: 'boundary', policy: boundary }] }),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  };
  // The reference data know only a classic load balancer to be tagged, and refuse to judge any other resource.
  if (/^elasticloadbalancing:(?:Add|Remove)Tags$/.test(request.action)) {
    return runUnsafeSimulation(simulation, {}) === 'Allowed';
  }
  const response = await runSimulation(simulation, {});
  if (response.resultType === 'error') {
    throw new Error(`${request.action} on ${request.on}: ${JSON.stringify(response.errors)}`);
  }
  const results = response.resultType === 'single' ? [response.result] : response.results;
  return (
    results.length > 0 &&
    results.every(
      ({ analysis }) =>
        analysis.identityAnalysis?.result === 'Allowed' &&
        (!boundary || analysis.permissionBoundaryAnalysis?.result === 'Allowed'),
    )
  );
}

/** Each of the actions on each of the resources. */
export function all(actions: readonly string[], ...resources: string[]): Request[] {
  return resources.flatMap((on) => actions.map((action) => ({ action, on })));
}

/** Those of the requests that are answered otherwise, so that a failing test names them all. */
export async function surprises(
  expected: 'allowed' | 'denied',
  policies: readonly PolicyDocument[],
  requests: readonly Request[],
): Promise<string[]> {
  const answers = await Promise.all(requests.map((request) => isAllowed(policies, request)));
  return requests
    .filter((_, i) => answers[i] !== (expected === 'allowed'))
    .map(({ action, on }) => `${action} on ${on}`);
}

export function listed<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

import { cdkCall, selects } from '../model/cdk-call';
import { type Command, option } from '../model/command';
import type { Model } from '../model/model';
import type { Stack } from '../model/stack';

/** A role of the bootstrap that the CDK CLI assumes for a command. */
export interface Assumed {
  readonly kind: 'deploy' | 'publishing';
  /** With what is not known as `‹…›`. */
  readonly arn: string;
  /** Where the command names one that the assembly has. */
  readonly stack?: Stack;
}

/** The roles that a `cdk` command assumes, wherever it can be told; none for one with other credentials. */
export function assumedRoles(command: Command, model: Model): Assumed[] {
  const action = cdkCall(command)?.action ?? '';
  if (!DEPLOYING.has(action)) return [];
  // `--hotswap` changes what runs by the current credentials.
  if (option(command, '--profile', '--hotswap', '--role-arn', '-r') !== undefined) return [];
  const stacks = namedStacks(command, model).filter(({ bootstrap }) => bootstrap !== undefined);
  if (!stacks.length) return [{ kind: 'deploy', arn: SOME_DEPLOY_ROLE }];
  const publishes = action !== 'destroy' && action !== 'rollback';
  return stacks.flatMap((stack) =>
    (stack.bootstrap?.roles ?? [])
      .map((arn): Assumed => ({ kind: arn.includes('-publishing-') ? 'publishing' : 'deploy', arn, stack }))
      .filter(({ kind }) => publishes || kind === 'deploy'),
  );
}

/** The stacks that a command names; none where it names all, or none that the assemblies have. */
export function namedStacks(command: Command, model: Model): Stack[] {
  const call = cdkCall(command);
  if (!call || call.all || !call.stacks.length) return [];
  return model.stacks.filter(({ name, path = name }) =>
    [name, path].some((one) => selects(call, one, Infinity) === true),
  );
}

const DEPLOYING = new Set(['deploy', 'destroy', 'import', 'rollback', 'watch']);

/** As the CDK's bootstrap calls them. https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html */
const SOME_DEPLOY_ROLE =
  'arn:‹AWS::Partition›:iam::‹account›:role/‹path›cdk-‹qualifier›-deploy-role-‹account›-‹region›';

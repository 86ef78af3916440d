import { type Command, option, positionals } from './command';

/** A call of the CDK CLI. */
export interface CdkCall {
  /** E.g. `deploy`, `synth`, `destroy`. */
  readonly action: string;
  /** Names and patterns, as given; empty: the app's only stack, or with `all` every one. */
  readonly stacks: readonly string[];
  readonly all: boolean;
  /** Of `--app`: a command, or a folder that was synthesized before. */
  readonly app?: string;
  readonly exclusively: boolean;
}

const ALIASES = new Map([
  ['synthesize', 'synth'],
  ['list', 'ls'],
]);

/** Undefined where the command is no call of the CDK CLI. */
export function cdkCall(command: Command): CdkCall | undefined {
  if (command.name !== 'cdk') return undefined;
  const [action, ...stacks] = positionals(command);
  if (action === undefined) return undefined;
  const app = option(command, '--app', '-a');
  return {
    action: ALIASES.get(action) ?? action,
    stacks,
    all: option(command, '--all') !== undefined || stacks.some((stack) => stack === '*' || stack === '**'),
    app: typeof app === 'string' ? app : undefined,
    exclusively: option(command, '--exclusively', '-e') !== undefined,
  };
}

/** Whether a stack of the app is meant, by its name or its path, e.g. `MyStage/*`. Undefined where only the build will know. */
export function selects({ stacks, all }: CdkCall, stack: string, among: number): boolean | undefined {
  if (all) return true;
  // One stack needs no name; of several, the CLI wants to be told.
  if (!stacks.length) return among === 1;
  if (stacks.includes(stack)) return true;
  if (stacks.some((pattern) => pattern.includes('*') && matches(pattern, stack))) return true;
  return stacks.some((pattern) => /[$`‹]/.test(pattern)) ? undefined : false;
}

function matches(pattern: string, stack: string): boolean {
  const parts = pattern.split(/\*+/);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const found = i === 0 ? (stack.startsWith(part) ? 0 : -1) : stack.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return parts.at(-1) === '' || stack.endsWith(parts.at(-1)!);
}

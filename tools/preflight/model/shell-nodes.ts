import type { AndOr, CompoundList, Pipeline, Statement, SyntaxNode } from 'unbash';
import type { Shell } from './shell';

/** Functions that call each other without end are no end. */
const DEEPEST = 25;

/** Whether a command always ends its shell, with an error. */
export function exits(node: SyntaxNode, shell: Shell, depth = 0): boolean {
  if (depth > DEEPEST) return false;
  const last = (statements: readonly Statement[]): boolean =>
    statements.some(({ command }) => exits(command, shell, depth + 1));
  switch (node.type) {
    case 'Command': {
      const name = node.name?.value ?? '';
      if (name === 'exit' || name === 'return')
        return node.args[0] === undefined || node.args[0].text !== '0';
      const called = shell.functionOf(name);
      return called !== undefined && exits(called.body, shell, depth + 1);
    }
    case 'BraceGroup':
      return last(node.body.commands);
    case 'CompoundList':
      return last(node.commands);
    case 'Redirected':
      return exits(node.command, shell, depth + 1);
    case 'AndOr':
      return node.commands.some((command) => exits(command, shell, depth + 1));
    case 'If':
      return (
        node.else !== undefined &&
        [node.then, node.else, ...node.elif.map(({ then }) => then)].every(({ commands }) => last(commands))
      );
    default:
      return false;
  }
}

/** Whether a command always fails, without ending the shell that it stands in: `false`, `(exit 1)`. */
export function fails(node: SyntaxNode | undefined, shell: Shell): boolean {
  switch (node?.type) {
    case 'Command':
      return node.name?.value === 'false';
    case 'Subshell':
      return exits(node.body, shell) || fails(node.body, shell);
    case 'BraceGroup':
      return fails(node.body, shell);
    case 'CompoundList':
      return fails(node.commands.at(-1)?.command, shell);
    default:
      return false;
  }
}

/** Whether it only asks, so that its failing is an answer. */
export function asks(node: SyntaxNode | undefined): boolean {
  switch (node?.type) {
    case 'TestCommand':
    case 'ArithmeticCommand':
      return true;
    case 'Pipeline':
      return node.prefixes.some(({ type }) => type === 'Negation') || asks(node.commands.at(-1));
    case 'Command':
      return /^(?:\[|test|command|which|type|hash|grep|false)$/.test(node.name?.value ?? '');
    default:
      return false;
  }
}

/** The `a` of `! a`. */
export function negated({ commands: [statement, ...more] }: CompoundList): Pipeline | undefined {
  const command = statement?.command;
  if (more.length || command?.type !== 'Pipeline') return undefined;
  return command.prefixes.some(({ type }) => type === 'Negation') ? { ...command, prefixes: [] } : undefined;
}

/** `a; if [ $? -ne 0 ]; then …`: somebody cares, other than by printing it. */
export function asksStatus(next: Statement | undefined, text: string): boolean {
  if (!next) return false;
  const written = text.slice(next.pos, Math.min(next.end, next.pos + 200));
  return /\$\?|\$\{?(?:PIPESTATUS|pipestatus)\b/.test(written) && !/^\s*(?:echo|printf)\b/.test(written);
}

/** For each operator, where what the next `||` runs stands; undefined where there is none. */
export function nextOrs(operators: AndOr['operators']): (number | undefined)[] {
  const next: (number | undefined)[] = [];
  for (let i = operators.length - 1; i >= 0; i--) next[i] = operators[i] === '||' ? i + 1 : next[i + 1];
  return next;
}

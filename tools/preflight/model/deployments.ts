import { cdkCall } from './cdk-call';
import { type Command, options, positionals } from './command';
import { isLiteral, type Stack } from './stack';

/** Whether a command deploys stacks with CloudFormation, by whatever tool. */
export function isDeployment(command: Command): boolean {
  const [first = '', second = ''] = positionals(command);
  if (command.name === 'aws') {
    return (
      first === 'cloudformation' && /^(?:deploy|create-stack|update-stack|execute-change-set)$/.test(second)
    );
  }
  return cdkCall(command)?.action === 'deploy' || (command.name === 'sam' && first === 'deploy');
}

/** Whether a command deploys a stack, for all that can be told: one that names no stack, or by a variable, may. */
export function deploys(command: Command, { name, path }: Stack): boolean {
  if (!isDeployment(command)) return false;
  const cdk = cdkCall(command);
  const named = cdk?.stacks ?? options(command, '--stack-name');
  return (
    cdk?.all || !named.length || named.some((each) => !isLiteral(each) || each === name || each === path)
  );
}

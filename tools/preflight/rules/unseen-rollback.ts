import { type Command, option, positionals } from '../model/command';
import type { Rule } from '../rule';

export const unseenRollback: Rule = {
  id: 'F79',
  name: 'unseen-rollback',
  title: 'The build is green although ECS goes back to the old version',
  awsError: 'ECS Deployment Circuit Breaker was triggered',
  cause:
    'aws ecs update-service only begins a deployment: when the circuit breaker rolls it back minutes later, the build has long succeeded',
  fix: 'wait (aws ecs wait services-stable), then compare the task definition that runs with the one that was deployed',
  link: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html',
  *check({ builds, services }) {
    for (const { commands } of builds) {
      for (const [index, command] of commands.entries()) {
        if (!isCall(command, ['update-service', 'create-deployment'])) continue;
        const named = option(command, '--service');
        const service = services.find(
          ({ name, circuitBreaker }) =>
            circuitBreaker.rollback && (name === named || String(named).startsWith('$')),
        );
        const looks = commands
          .slice(index + 1)
          .some((later) =>
            isCall(later, [
              'wait',
              'describe-services',
              'describe-service-deployments',
              'list-service-deployments',
            ]),
          );
        if (!service || looks) continue;
        yield {
          level: 'warning',
          place: command.place,
          message: `nothing after it looks whether the deployment of ${typeof named === 'string' ? named : service.name} holds, and its circuit breaker goes back without a word`,
        };
      }
    }
  },
};

function isCall(command: Command, verbs: readonly string[]): boolean {
  const [service = '', verb = ''] = command.name === 'aws' ? positionals(command) : [];
  return service === 'ecs' && verbs.includes(verb);
}

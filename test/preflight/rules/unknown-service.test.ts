import { unknownService } from '../../../tools/preflight/rules/unknown-service';
import { type Changes, said } from '../example';

function calling(command: string, application?: Changes['application']): Changes {
  return { buildspec: `version: 0.2\nphases:\n  build:\n    commands:\n      - ${command}\n`, application };
}
const update = (cluster: string, service: string): string =>
  `aws ecs update-service --cluster ${cluster} --service ${service} --force-new-deployment`;

test('a service of another name than the stack gives it is told', () => {
  expect(said(unknownService, calling(update('app', 'backend')))).toEqual([
    'warning buildspec.yml:5 no stack makes the service backend; there are app-backend',
  ]);
});

test('a service whose name CloudFormation makes cannot be called by a plain one', () => {
  expect(
    said(
      unknownService,
      calling(update('app', 'app-backend'), { Service: { Properties: { ServiceName: null } } }),
    ),
  ).toEqual([
    'warning buildspec.yml:5 no stack makes the service app-backend; there are ‹Service› (named by CloudFormation)',
  ]);
});

test('a cluster that no stack makes is told, also the one that is meant without --cluster', () => {
  expect(said(unknownService, calling(update('prod', 'app-backend')))).toEqual([
    'warning buildspec.yml:5 no stack makes the cluster prod; the services are in app',
  ]);
  expect(said(unknownService, calling('aws ecs wait services-stable --services app-backend'))).toEqual([
    'warning buildspec.yml:5 without --cluster it asks for the cluster default, and no stack has a service there',
  ]);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(unknownService)).toEqual([]));

  test.each<[string, Changes]>([
    ['the names of the stacks', calling(update('app', 'app-backend'))],
    [
      'their ARNs',
      calling(
        update(
          'arn:aws:ecs:eu-west-1:111122223333:cluster/app',
          'arn:aws:ecs:eu-west-1:111122223333:service/app/app-backend',
        ),
      ),
    ],
    ['names that only the build knows', calling(update('$CLUSTER', '$SERVICE'))],
    [
      'a name that CloudFormation made, copied',
      calling(update('app', 'AppStack-Service-1A2B3C4D5E6F'), {
        Service: { Properties: { ServiceName: null } },
      }),
    ],
    [
      'a cluster that CloudFormation named, copied',
      calling(update('AppStack-Cluster-1A2B3C4D5E6F', 'app-backend'), {
        Cluster: { Properties: { ClusterName: null } },
      }),
    ],
    ['stacks without a service', calling(update('prod', 'backend'), { Service: null })],
    ['a command about no service', calling('aws ecs list-clusters')],
    ['a service of another kind', calling('aws apprunner start-deployment --service backend')],
    [
      'a cluster that the deployment is given',
      calling(update('prod', 'app-backend'), {
        Service: { Properties: { Cluster: { Ref: null, 'Fn::ImportValue': 'Cluster' } } },
      }),
    ],
  ])('%s', (_, changes) => {
    expect(said(unknownService, changes)).toEqual([]);
  });
});

import { text } from '../../values';
import type { Model } from '../model/model';
import { calledBy, resourcesOf } from '../model/resources';
import { environmentOf, leftBehind, sameNames } from '../model/same-name';
import type { Stack } from '../model/stack';
import type { Rule } from '../rule';

export const logGroupExists: Rule = {
  id: 'F69',
  name: 'log-group-exists',
  title: 'A log group exists before its stack makes it',
  awsError: "Resource of type 'AWS::Logs::LogGroup' with identifier 'NAME' already exists.",
  cause:
    'a build makes its log group by itself where it is not there, and two resources of one name are one too many: CloudFormation makes none that exists',
  fix: 'put the log group into the stack of its project and name it in LogsConfig, so that it is there first',
  link: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html',
  *check(model) {
    const { stacks } = model;
    for (const { name, first, second, certain } of sameNames(
      stacks,
      'AWS::Logs::LogGroup',
      'LogGroupName',
      environmentOf,
    )) {
      yield {
        level: certain ? 'error' : 'warning',
        place: second.resource.place,
        message: `the log group ${name} is made by ${first.resource.place.resource} as well`,
        awsError: `Resource of type 'AWS::Logs::LogGroup' with identifier '${name}' already exists.`,
        fix: 'let one of them make it, and refer to it from the other',
      };
    }
    for (const found of resourcesOf(stacks, 'AWS::Logs::LogGroup')) {
      const { stack, resource } = found;
      const kept = leftBehind(found, 'LogGroupName');
      if (kept !== undefined) {
        yield {
          level: 'warning',
          place: resource.place,
          message: `DeletionPolicy: Retain keeps the log group ${kept} when the first deployment of ${stack.name} fails, and the second finds it there`,
          awsError: `Resource of type 'AWS::Logs::LogGroup' with identifier '${kept}' already exists.`,
          fix: 'write DeletionPolicy: RetainExceptOnCreate (RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE in the CDK)',
        };
      }
      const name = text(resource.properties, 'LogGroupName') ?? '';
      const project = model.projects.find(
        (one) =>
          name === (one.logGroup ?? `/aws/codebuild/${one.name}`) &&
          environmentOf(one.stack) === environmentOf(stack) &&
          text(one.resource.properties, 'LogsConfig', 'CloudWatchLogs', 'Status') !== 'DISABLED',
      );
      const isThere = project !== undefined && isBefore(stack, project.stack, model);
      if (!project || (isThere && project.logGroup !== undefined)) continue;
      yield {
        level: 'warning',
        place: resource.place,
        message: isThere
          ? `${calledBy(project)} does not name the log group ${name}, so each of its builds makes it: where one has built before, ${stack.name} cannot`
          : `${calledBy(project)} makes the log group ${name} with its first build, which may be before ${stack.name} is deployed`,
        awsError: `Resource of type 'AWS::Logs::LogGroup' with identifier '${name}' already exists.`,
      };
    }
  },
};

/** Whether a stack is, for all that is told, there when a project of another stack first builds. */
function isBefore(stack: Stack, project: Stack, { stacks }: Model): boolean {
  const seen = new Set<string>();
  const open = [project.name];
  for (let name; (name = open.pop()) !== undefined;) {
    if (name === stack.name || root(name) === root(stack.name)) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...stacks.filter((one) => one.name === name).flatMap(({ dependsOn }) => dependsOn));
  }
  return false;
}

/** A nested stack is made with its parent. */
function root(name: string): string {
  return name.split('/')[0] ?? name;
}

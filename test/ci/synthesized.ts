import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import config from '../../config/mangoo';
import { MangooCodeBuildStack } from '../../lib/mangoo-codebuild-stack';

/** The pipeline's template, of the configuration as it is checked in. */
export function synthesized(): Template {
  const [environment] = config.environments;
  if (!environment) throw new Error('config/mangoo.ts has no environment');
  return Template.fromStack(
    new MangooCodeBuildStack(new App(), 'MangooCodeBuildStack', { config, environment }),
  );
}

interface Variable {
  readonly Name: string;
  readonly Value: string;
}

/** The variables that the project gives to its builds. */
export function projectVariables(template: Template): Record<string, string> {
  const [project] = Object.values(template.findResources('AWS::CodeBuild::Project'));
  const properties = project?.Properties as { Environment: { EnvironmentVariables: Variable[] } };
  return Object.fromEntries(
    properties.Environment.EnvironmentVariables.map(({ Name, Value }) => [Name, Value]),
  );
}

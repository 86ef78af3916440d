import { App } from 'aws-cdk-lib';
import { loadConfig } from '../lib/config-file';
import { ConfigError } from '../lib/config-validation';
import { MangooCodeBuildStack } from '../lib/mangoo-codebuild-stack';
import { namesOf } from '../lib/names';

const app = new App();

try {
  const config = loadConfig((app.node.tryGetContext('config') as string | undefined) ?? 'config/mangoo.ts');
  for (const environment of config.environments) {
    new MangooCodeBuildStack(app, namesOf(environment.name).stack, {
      env: { account: environment.account, region: environment.region },
      description: `CI/CD of ${config.github.owner}/${config.github.repo}, branch ${environment.branch}`,
      config,
      environment,
    });
  }
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

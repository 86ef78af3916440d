import { App, Validations } from 'aws-cdk-lib';
import { loadConfig } from '../lib/config-file';
import { ConfigError } from '../lib/config-validation';
import { addStacks } from '../lib/stacks';
import { Preflight } from '../tools/preflight/plugin';

const app = new App();

try {
  addStacks(app, loadConfig((app.node.tryGetContext('config') as string | undefined) ?? 'config/mangoo.ts'));
  if (app.node.tryGetContext('preflight') !== 'off')
    Validations.of(app).addPlugins(new Preflight(process.cwd()));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

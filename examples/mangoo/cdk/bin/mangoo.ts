import { App } from 'aws-cdk-lib';
import { imageFrom } from '../lib/image';
import { MangooStack } from '../lib/mangoo-stack';

const app = new App();

try {
  new MangooStack(app, process.env.CDK_STACK_NAME ?? 'MangooStack', {
    environment: process.env.CDK_ENV ?? 'dev',
    backendImage: imageFrom(app.node, 'backendImage'),
    frontendImage: imageFrom(app.node, 'frontendImage'),
  });
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

import { App, PermissionsBoundary } from 'aws-cdk-lib';
import { imageFrom } from '../lib/image';
import { MangooStack } from '../lib/mangoo-stack';

const app = new App();
// What a build tells of the environment that it delivers to; without a build, the guide's names and cdk.json hold.
const { CDK_ENV, CDK_STACK_NAME, ECS_CLUSTER, PERMISSIONS_BOUNDARY, TARGET_ACCOUNT, TARGET_REGION } =
  process.env;

try {
  new MangooStack(app, CDK_STACK_NAME ?? 'MangooStack', {
    env: { account: TARGET_ACCOUNT, region: TARGET_REGION },
    permissionsBoundary: PERMISSIONS_BOUNDARY
      ? PermissionsBoundary.fromName(PERMISSIONS_BOUNDARY)
      : undefined,
    environment: CDK_ENV ?? 'dev',
    cluster: ECS_CLUSTER ?? 'mangoo-cluster',
    backendImage: imageFrom(app.node, 'backendImage'),
    frontendImage: imageFrom(app.node, 'frontendImage'),
  });
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

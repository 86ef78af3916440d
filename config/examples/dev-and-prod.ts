import type { PipelineConfig } from '../../lib/config';
import example from '../example';

/** Two environments in one account: pushes to develop go to dev, pushes to main to prod. */
const config: PipelineConfig = {
  ...example,
  environments: [
    {
      name: 'dev',
      branch: 'develop',
      region: 'us-east-1',
      variables: { CDK_STACK_NAME: 'MangooStack-Dev', ECS_CLUSTER: 'mangoo-dev' },
      retention: { artifactDays: 14, logDays: 14 },
    },
    {
      name: 'prod',
      branch: 'main',
      variables: { CDK_STACK_NAME: 'MangooStack-Prod', ECS_CLUSTER: 'mangoo-prod' },
    },
  ],
};

export default config;

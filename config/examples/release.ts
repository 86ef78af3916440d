import type { PipelineConfig } from '../../lib/config';
import devAndProd from './dev-and-prod';

/** Pushes to develop are built once and deployed to dev; the same images go to prod when somebody has approved. */
const config: PipelineConfig = {
  ...devAndProd,
  github: {
    ...devAndProd.github,
    connectionArn:
      'arn:aws:codeconnections:us-east-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef',
  },
  release: { approvalHours: 72 },
};

export default config;

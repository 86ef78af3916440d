import type { PipelineConfig } from '../../lib/config';
import example from '../example';

/** Builds run in a VPC that is there already, e.g. beside a database that their tests need. */
const config: PipelineConfig = {
  ...example,
  vpc: {
    id: 'vpc-0123456789abcdef0',
    availabilityZones: ['us-east-1a', 'us-east-1b'],
    privateSubnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  },
};

export default config;

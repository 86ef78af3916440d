import type { PipelineConfig } from '../../lib/config';
import example from '../example';

/** Builds run in a VPC of their own, and reach the internet from one address, that of its NAT gateway. */
const config: PipelineConfig = { ...example, vpc: { egress: 'nat' } };

export default config;

import type { PipelineConfig } from '../../lib/config';
import example from '../example';

/** Downloads are kept for 14 days, in S3: for builds that are hours apart. */
const config: PipelineConfig = { ...example, build: { ...example.build, cache: 's3' } };

export default config;

import type { PipelineConfig } from '../../lib/config';
import example from '../example';

/** Layers of images are kept in a repository for 14 days: for builds that are hours apart. */
const config: PipelineConfig = { ...example, build: { ...example.build, registryCache: true } };

export default config;

import type { PipelineConfig } from '../../lib/config';
import example from '../example';

/** Layers are kept in a repository, by a builder that buildspec.yml makes: for builds that are hours apart. */
const config: PipelineConfig = { ...example, build: { ...example.build, registryCache: true } };

export default config;

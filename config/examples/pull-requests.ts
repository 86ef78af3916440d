import type { PipelineConfig } from '../../lib/config';
import example from '../example';

/** Pull requests to main are built and tested, by a project that can neither push, deploy nor read secrets. */
const config: PipelineConfig = { ...example, pullRequests: {} };

export default config;

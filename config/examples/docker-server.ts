import type { PipelineConfig } from '../../lib/config';
import example from '../example';

/** Images are built by a Docker server, which keeps their layers between builds that are days apart. */
const config: PipelineConfig = { ...example, build: { ...example.build, dockerServer: 'SMALL' } };

export default config;

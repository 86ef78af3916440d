import type { PipelineConfig } from '../lib/config';
import mangoo from './mangoo';

/** This repository builds its own example: what `npm start` plays. */
const config: PipelineConfig = { ...mangoo, appDir: 'examples/mangoo' };

export default config;

import type { PipelineConfig } from '../../lib/config';
import example from '../example';

/** The pipeline and dev in one account; prod in an account and region of its own, which pulls the pipeline's images. */
const config: PipelineConfig = {
  ...example,
  pipeline: { account: '111122223333', region: 'us-east-1' },
  environments: [
    { name: 'dev', branch: 'develop' },
    { name: 'prod', branch: 'main', account: '444455556666', region: 'eu-west-1' },
  ],
};

export default config;

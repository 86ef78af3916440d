import type { PipelineConfig } from '../lib/config';

const config: PipelineConfig = {
  github: {
    owner: 'jhonmezaa',
    repo: 'mangoo',
    // connectionArn: 'arn:aws:codeconnections:us-east-1:123456789012:connection/…', preferred to an imported credential
  },
  appDir: '.',
  images: [
    {
      name: 'backend',
      context: 'backend',
      repository: 'mangoo-backend',
      service: 'mangoo-backend-service',
      maxSizeMB: 200,
    },
    {
      name: 'frontend',
      context: 'frontend',
      repository: 'mangoo-frontend',
      service: 'mangoo-frontend-service',
      maxSizeMB: 50,
    },
  ],
  application: {
    stacks: ['MangooStack'],
    cluster: 'mangoo-cluster',
    // smokeTest: 'curl --fail --silent "$OUTPUT_Url/health"',
  },
  build: {
    image: 'standard:7.0',
    computeType: 'LARGE',
    timeoutMinutes: 60,
    nodejs: '20',
    python: '3.11',
    cache: 'local',
  },
  retention: { artifactDays: 30, tieringAfterDays: 7, logDays: 30, imagesKept: 20 },
  environments: [{ name: 'default', branch: 'main', region: 'us-east-1' }],
  notifications: {
    // email: ['team@example.com'], or subscribe to the topic by hand
    // slack: { workspaceId: 'T0123ABCD', channelId: 'C0123ABCD' },
  },
  // imageScan: {
  //   refuse: 'CRITICAL',
  //   allowed: [{ id: 'CVE-2026-12345', reason: 'not reachable: we parse no XML', until: '2026-12-31' }],
  // },
  monitoring: { maxBuildMinutes: 20, minSuccessPercent: 95, minCacheHitPercent: 80 },
};

export default config;

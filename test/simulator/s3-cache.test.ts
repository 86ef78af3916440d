import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { pastGateway } from '../../tools/simulator/gateway/emulated';
import { PlayedExample } from './played-example';

test('what a build downloaded is there for the next one, in the bucket of the stack, as far as the role lets it', async () => {
  const example = new PlayedExample('s3-cache');
  // Downloads of builds here go where the user has theirs, past the cache of the build.
  const buildspec = path.join(example.source, 'buildspec.yml');
  writeFileSync(
    buildspec,
    readFileSync(buildspec, 'utf8').replace(
      '- ci/install.sh\n',
      '- find ~/.npm -type f 2>/dev/null || true\n      - mkdir -p ~/.npm/_cacache && echo downloaded >~/.npm/_cacache/package\n      $&',
    ),
  );
  try {
    await example.prepare();
    const { aws } = example.simulator;
    const first = await example.push('First', 'mangoo-cache');
    const s3 = new S3Client({
      ...pastGateway(aws.emulatorUrl, aws.region),
      forcePathStyle: true,
    });
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket: `mangoo-cache-${aws.account}` }),
    );
    const second = await example.push('Second', 'mangoo-cache');

    expect(first.log).toMatch(/No cache with key downloads-[\da-f]{64}\n/);
    expect(first.log).toMatch(/Cache saved: 1 file\(s\) with key downloads-[\da-f]{64}\n/);
    expect(first.calls.sort()).toEqual(
      expect.arrayContaining(['s3:ListBucket allowed', 's3:PutObject allowed']),
    );
    expect(Contents.map(({ Key }) => Key)).toEqual([
      expect.stringMatching(/^mangoo-build-deploy\/[\da-f]{16}\/keys\/downloads-[\da-f]{64}$/),
    ]);
    expect(second.log).toMatch(/Cache with key downloads-[\da-f]{64} found\n/);
    expect(second.log).toMatch(/\.npm\/_cacache\/package\n/);
    expect(second.calls).toContain('s3:GetObject allowed');
    expect(second.calls.filter((call) => call.endsWith('denied'))).toEqual([]);
  } finally {
    await example.remove();
  }
});

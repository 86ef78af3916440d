import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { pastGateway } from '../../tools/simulator/gateway/emulated';
import { PlayedExample } from './played-example';

jest.setTimeout(300_000);

const IMAGES = ['backend', 'frontend'];

test('the layers of a build are there for the next one, whose engine is another, as far as the role lets it', async () => {
  const example = new PlayedExample('registry-cache', 'notifications: undefined, monitoring: undefined');
  const { source } = example;
  for (const name of IMAGES) {
    writeFileSync(
      path.join(source, name, 'Dockerfile'),
      `FROM node:22\nWORKDIR /${name}\nCOPY package.json .\nRUN npm ci\nCOPY notes.txt .\n`,
    );
  }
  try {
    await example.prepare();
    const push = async (message: string): Promise<{ log: string; hits: unknown[]; calls: string[] }> => {
      for (const name of IMAGES) appendFileSync(path.join(source, name, 'notes.txt'), `${message}\n`);
      const { log, calls } = await example.push(message, 'mangoo-layer-cache');
      const lines = [...log.matchAll(/\{"mangoo":"cache","cache":"docker".*\}/g)];
      return { log, hits: lines.map(([line]) => JSON.parse(line) as unknown), calls };
    };
    const count = (hits: number): object => ({ mangoo: 'cache', cache: 'docker', hits, lookups: 4 });

    const first = await push('First');
    const second = await push('Second');

    expect(first.log).toContain('layers are kept in mangoo-layer-cache, by a builder of this build');
    expect(first.hits).toEqual([count(0), count(0)]);
    expect(second.hits).toEqual([count(3), count(3)]);
    expect(second.calls).toEqual(
      expect.arrayContaining(['ecr:BatchGetImage allowed', 'ecr:PutImage allowed']),
    );
    expect([...first.calls, ...second.calls].filter((call) => call.endsWith('denied'))).toEqual([]);
    const { emulatorUrl, region } = example.simulator.aws;
    const ecr = new ECRClient(pastGateway(emulatorUrl, region));
    const { imageDetails = [] } = await ecr.send(
      new DescribeImagesCommand({ repositoryName: 'mangoo-layer-cache', filter: { tagStatus: 'TAGGED' } }),
    );
    expect(imageDetails.flatMap(({ imageTags = [] }) => imageTags).sort()).toEqual(['backend', 'frontend']);
  } finally {
    await example.remove();
  }
});

import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { loadConfig } from '../../lib/config-file';
import { Faults } from '../../tools/simulator/faults';
import { pastGateway } from '../../tools/simulator/gateway/emulated';
import { PushRun } from '../../tools/simulator/push';
import { copyMiniature, gitIn, ROOT } from './miniature-source';

const EXAMPLE = path.join(ROOT, 'config/examples/registry-cache');

jest.setTimeout(300_000);

test('the layers of a build are there for the next one, whose engine is another, as far as the role lets it', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'mangoo-layer-cache-test-'));
  const source = path.join(directory, 'source');
  const git = (...args: string[]): string => gitIn(source, ...args);
  const config = path.join(directory, 'config.ts');
  const output: string[] = [];
  const tell = (line: string): void => void output.push(line);
  const options = {
    source,
    branch: 'main',
    config,
    faults: new Faults(),
    require: [],
    keep: false,
    verbose: true,
    results: path.join(directory, 'results'),
  };
  // The same everywhere: with an engine, the base images would be needed.
  const env = { ...process.env, TMPDIR: directory, DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
  const context = { cwd: ROOT, env, signal: new AbortController().signal, out: tell, err: tell };
  copyMiniature(source);
  // Both images of Node.js: a virtual environment takes seconds.
  rmSync(path.join(source, 'backend'), { recursive: true });
  cpSync(path.join(source, 'frontend'), path.join(source, 'backend'), { recursive: true });
  for (const name of ['backend', 'frontend']) {
    writeFileSync(
      path.join(source, name, 'Dockerfile'),
      `FROM node:22\nWORKDIR /${name}\nCOPY package.json .\nRUN npm ci\nCOPY notes.txt .\n`,
    );
  }
  // The application lies at the root there.
  writeFileSync(
    config,
    `import example from '${EXAMPLE}';\nexport default { ...example, appDir: '.', notifications: undefined, monitoring: undefined };\n`,
  );
  git('init', '--quiet', '--initial-branch=work');
  const run = new PushRun(path.join(directory, 'work'), loadConfig(config), undefined, options, context);
  const simulator = await run.prepare();
  try {
    const push = async (message: string): Promise<{ log: string; hits: unknown[]; calls: string[] }> => {
      for (const name of ['backend', 'frontend'])
        appendFileSync(path.join(source, name, 'notes.txt'), `${message}\n`);
      git('add', '--all');
      git('commit', '--quiet', '--message', message);
      const { build, aws } = await run.push(simulator);
      expect(`${build?.status}\n${output.join('\n')}`).toMatch(/^SUCCEEDED\n/);
      const log = readFileSync(build?.log ?? '', 'utf8');
      const lines = [...log.matchAll(/\{"mangoo":"cache","cache":"docker".*\}/g)];
      return {
        log,
        hits: lines.map(([line]) => JSON.parse(line) as unknown),
        calls: (aws?.calls ?? [])
          .filter(({ resource }) => resource.includes('mangoo-layer-cache'))
          .map(({ action, decision }) => `${action} ${decision}`),
      };
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
    const ecr = new ECRClient(pastGateway(simulator.aws.emulatorUrl, simulator.aws.region));
    const { imageDetails = [] } = await ecr.send(
      new DescribeImagesCommand({ repositoryName: 'mangoo-layer-cache', filter: { tagStatus: 'TAGGED' } }),
    );
    expect(imageDetails.flatMap(({ imageTags = [] }) => imageTags).sort()).toEqual(['backend', 'frontend']);
  } finally {
    await simulator.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});

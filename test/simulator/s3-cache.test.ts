import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { Faults } from '../../tools/simulator/faults';
import { pastGateway } from '../../tools/simulator/gateway/emulated';
import { PushRun } from '../../tools/simulator/push';
import { loadConfig } from '../../lib/config-file';
import { copyMiniature, gitIn, ROOT } from './miniature-source';

const EXAMPLE = path.join(ROOT, 'config/examples/s3-cache');

test('what a build downloaded is there for the next one, in the bucket of the stack, as far as the role lets it', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'mangoo-s3-cache-test-'));
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
  // The application lies at the root there.
  writeFileSync(config, `import example from '${EXAMPLE}';\nexport default { ...example, appDir: '.' };\n`);
  // Downloads of builds here go where the user has theirs, past the cache of the build.
  const buildspec = path.join(source, 'buildspec.yml');
  writeFileSync(
    buildspec,
    readFileSync(buildspec, 'utf8').replace(
      '- ci/install.sh\n',
      '- find ~/.npm -type f 2>/dev/null || true\n      - mkdir -p ~/.npm/_cacache && echo downloaded >~/.npm/_cacache/package\n      $&',
    ),
  );
  git('init', '--quiet', '--initial-branch=work');
  const run = new PushRun(path.join(directory, 'work'), loadConfig(config), undefined, options, context);
  const simulator = await run.prepare();
  try {
    const push = async (message: string): Promise<{ log: string; calls: string[] }> => {
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', message);
      const { build, aws } = await run.push(simulator);
      expect(`${build?.status}\n${output.join('\n')}`).toMatch(/^SUCCEEDED\n/);
      const calls = (aws?.calls ?? []).filter(({ resource }) => resource.includes('mangoo-cache'));
      return {
        log: readFileSync(build?.log ?? '', 'utf8'),
        calls: calls.map(({ action, decision }) => `${action} ${decision}`),
      };
    };
    const first = await push('First');
    const s3 = new S3Client({
      ...pastGateway(simulator.aws.emulatorUrl, simulator.aws.region),
      forcePathStyle: true,
    });
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket: `mangoo-cache-${simulator.aws.account}` }),
    );
    const second = await push('Second');

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
    await simulator.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});

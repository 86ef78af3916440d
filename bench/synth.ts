import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * How long `cdk synth` of the pipeline takes, as a multiple of an app with one resource with the same loader and the same context:
 * medians of runs in turn, so that a busy machine slows both.
 *
 *   npm run bench
 */
const ROOT = path.join(__dirname, '..');
const RUNS = 5;
const LIMIT = 1.25;
const LOADER = 'node --require ts-node/register/transpile-only';

const directory = mkdtempSync(path.join(tmpdir(), 'mangoo-bench-'));
try {
  const empty = path.join(directory, 'empty.ts');
  const library = path.join(ROOT, 'node_modules/aws-cdk-lib');
  writeFileSync(
    empty,
    // The template check refuses a stack without any resource.
    `import { App, CfnResource, Stack } from ${JSON.stringify(library)};
new CfnResource(new Stack(new App(), 'Empty'), 'Topic', { type: 'AWS::SNS::Topic' });
`,
  );
  const apps = { empty: `${LOADER} ${empty}`, pipeline: `${LOADER} bin/mangoo-codebuild.ts` };
  const seconds: Record<keyof typeof apps, number[]> = { empty: [], pipeline: [] };
  for (let run = 0; run < RUNS; run += 1) {
    for (const name of ['empty', 'pipeline'] as const) seconds[name].push(synth(apps[name], name));
  }
  const ratio = median(seconds.pipeline) / median(seconds.empty);
  for (const name of ['empty', 'pipeline'] as const) {
    const runs = seconds[name].map((time) => time.toFixed(1)).join(' ');
    console.log(`${name.padEnd(9)} median ${median(seconds[name]).toFixed(2)} s   runs ${runs}`);
  }
  console.log(`ratio     ${ratio.toFixed(2)} (limit ${LIMIT})`);
  process.exitCode = ratio <= LIMIT ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function synth(app: string, name: string): number {
  const cdk = path.join(ROOT, 'node_modules/aws-cdk/bin/cdk');
  const start = performance.now();
  const output = path.join(directory, `${name}.out`);
  execFileSync(process.execPath, [cdk, 'synth', '--quiet', '--app', app, '--output', output], { cwd: ROOT });
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

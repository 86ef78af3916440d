import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * How long `cdk synth` of the pipeline takes, as a multiple of an app with one resource with the same loader and the same context,
 * and what it takes with every option on, as a multiple of the pipeline with every option off: medians of runs in turn, so
 * that a busy machine slows all.
 *
 *   node --require ts-node/register/transpile-only bench/synth.ts [JSON FILE]
 */
const ROOT = path.join(__dirname, '..');
const RUNS = 5;
const LOADER = 'node --require ts-node/register/transpile-only';
const LIMITS = [
  { app: 'off', of: 'empty', limit: 1.25 },
  { app: 'on', of: 'off', limit: 1.2 },
] as const;

const directory = mkdtempSync(path.join(tmpdir(), 'mangoo-bench-'));
try {
  const library = path.join(ROOT, 'node_modules/aws-cdk-lib');
  // The template check refuses a stack without any resource.
  const empty = written(
    'empty.ts',
    `import { App, CfnResource, Stack } from ${JSON.stringify(library)};
new CfnResource(new Stack(new App(), 'Empty'), 'Topic', { type: 'AWS::SNS::Topic' });
`,
  );
  const apps = {
    empty: ['--app', `${LOADER} ${empty}`],
    off: pipeline('off', 'notifications: undefined, imageScan: undefined, monitoring: undefined'),
    on: pipeline(
      'on',
      `build: { ...mangoo.build, debugSessions: true },
  notifications: {
    email: ['team@example.com'],
    https: ['https://hooks.example.com/builds'],
    slack: { workspaceId: 'T0123ABCD', channelId: 'C0123ABCD' },
    onSuccess: true,
  },
  imageScan: { refuse: 'HIGH' },
  monitoring: { maxBuildMinutes: 20, minSuccessPercent: 95, minCacheHitPercent: 80 }`,
    ),
  };
  const names = Object.keys(apps) as (keyof typeof apps)[];
  const seconds: Record<keyof typeof apps, number[]> = { empty: [], off: [], on: [] };
  for (let run = 0; run < RUNS; run += 1) {
    for (const name of names) seconds[name].push(synth(apps[name], name));
  }
  for (const name of names) {
    const runs = seconds[name].map((time) => time.toFixed(1)).join(' ');
    console.log(`${name.padEnd(9)} median ${median(seconds[name]).toFixed(2)} s   runs ${runs}`);
  }
  process.exitCode = 0;
  const figures: Record<string, number> = {};
  for (const { app, of, limit } of LIMITS) {
    const ratio = median(seconds[app]) / median(seconds[of]);
    console.log(`${`${app}/${of}`.padEnd(9)} ${ratio.toFixed(2)} (limit ${limit})`);
    figures[`${app}/${of}`] = ratio;
    if (ratio > limit) process.exitCode = 1;
  }
  if (process.argv[2]) writeFileSync(process.argv[2], JSON.stringify({ synth: figures }));
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function written(name: string, text: string): string {
  const file = path.join(directory, name);
  writeFileSync(file, text);
  return file;
}

/** The pipeline's app with config/mangoo.ts, but for these fields. */
function pipeline(name: string, fields: string): string[] {
  const config = written(
    `${name}.ts`,
    `import mangoo from ${JSON.stringify(path.join(ROOT, 'config/mangoo'))};
export default { ...mangoo, ${fields} };
`,
  );
  return ['--app', `${LOADER} bin/mangoo-codebuild.ts`, '--context', `config=${config}`];
}

function synth(options: readonly string[], name: string): number {
  const cdk = path.join(ROOT, 'node_modules/aws-cdk/bin/cdk');
  const output = path.join(directory, `${name}.out`);
  const start = performance.now();
  execFileSync(process.execPath, [cdk, 'synth', '--quiet', '--output', output, ...options], { cwd: ROOT });
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

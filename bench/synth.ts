import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * How long `cdk synth` of the pipeline takes, as a multiple of an app with one resource with the same loader and the same context;
 * what it takes with preflight's rules, and with every option on besides, as multiples of what comes before: medians of runs in turn,
 * so that a busy machine slows all.
 *
 *   node --require ts-node/register/transpile-only bench/synth.ts [JSON FILE]
 */
const ROOT = path.join(__dirname, '..');
const RUNS = 5;
const OFF = 'notifications: undefined, imageScan: undefined, monitoring: undefined';
const LOADER = 'node --require ts-node/register/transpile-only';
const LIMITS = [
  { app: 'pipeline', of: 'empty', limit: 1.35 },
  { app: 'preflight', of: 'pipeline', limit: 1.3 },
  { app: 'on', of: 'preflight', limit: 1.2 },
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
    pipeline: [...pipeline('off', OFF), '--context', 'preflight=off'],
    preflight: pipeline('off', OFF),
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
  const seconds: Record<keyof typeof apps, number[]> = { empty: [], pipeline: [], preflight: [], on: [] };
  for (let run = 0; run < RUNS; run += 1) {
    for (const name of names) seconds[name].push(synth(apps[name], name));
  }
  for (const name of names) {
    const runs = seconds[name].map((time) => time.toFixed(1)).join(' ');
    console.log(`${name.padEnd(18)} median ${median(seconds[name]).toFixed(2)} s   runs ${runs}`);
  }
  process.exitCode = 0;
  const figures: Record<string, number> = {};
  for (const { app, of, limit } of LIMITS) {
    const ratio = median(seconds[app]) / median(seconds[of]);
    console.log(`${`${app}/${of}`.padEnd(18)} ${ratio.toFixed(2)} (limit ${limit})`);
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

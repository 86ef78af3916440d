import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * How long preflight takes, and how much memory: on this repository with its stacks synthesized before, and on one of 20,000
 * files whose build runs a hundred scripts. Each as the whole command; medians.
 *
 *   node --require ts-node/register/transpile-only bench/preflight.ts [JSON FILE]
 */
const ROOT = path.join(__dirname, '..');
const RUNS = 3;
const SERVICES = 100;
const FILES_OF_A_SERVICE = 197;

interface Run {
  readonly seconds: number;
  readonly megabytes: number;
  readonly summary: string;
}

const directory = mkdtempSync(path.join(tmpdir(), 'mangoo-bench-'));
try {
  const assembly = path.join(directory, 'cdk.out');
  const cdk = path.join(ROOT, 'node_modules/aws-cdk/bin/cdk');
  const config = ['--context', 'config=config/example.ts', '--context', 'preflight=off'];
  execFileSync(process.execPath, [cdk, 'synth', '--quiet', '--output', assembly, ...config], { cwd: ROOT });
  const results = [
    {
      name: 'this repository',
      limits: { seconds: 3, megabytes: 500 },
      ...median(['--source', ROOT, '--assembly', assembly]),
    },
    {
      name: `${SERVICES * (FILES_OF_A_SERVICE + 3)} files`,
      limits: { seconds: 10, megabytes: 500 },
      ...median(['--source', large(path.join(directory, 'large')), '--assembly', 'none']),
    },
  ];
  process.exitCode = 0;
  for (const { name, limits, seconds, megabytes, summary } of results) {
    console.log(
      `${name.padEnd(16)} ${seconds.toFixed(2)} s (limit ${limits.seconds})   ${megabytes.toFixed(0)} MB (limit ${limits.megabytes})   ${summary}`,
    );
    if (seconds > limits.seconds || megabytes > limits.megabytes) process.exitCode = 1;
  }
  if (process.argv[2]) writeFileSync(process.argv[2], JSON.stringify({ preflight: results }));
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function median(args: readonly string[]): Run {
  const runs = Array.from({ length: RUNS }, () => preflight(args));
  return runs.sort((one, other) => one.seconds - other.seconds)[Math.floor(RUNS / 2)]!;
}

function preflight(args: readonly string[]): Run {
  const [hook, memory] = ['hook.js', 'memory'].map((name) => path.join(directory, name)) as [string, string];
  writeFileSync(
    hook,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(memory)}, String(process.resourceUsage().maxRSS)));\n`,
  );
  const loaders = ['--require', hook, '--require', 'ts-node/register/transpile-only'];
  const start = performance.now();
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...loaders, 'tools/preflight/cli.ts', ...args],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  const seconds = (performance.now() - start) / 1000;
  const summary = / rules? over /.test(stdout)
    ? stdout.split('\n').find((line) => / rules? over /.test(line))
    : undefined;
  if (summary === undefined) throw new Error(`preflight ended with ${status}: ${stdout}${stderr}`);
  return { seconds, megabytes: Number(readFileSync(memory, 'utf8')) / 1024, summary };
}

/** A monorepo: each service with a Dockerfile, a manifest with its lock file, a script that builds it, and sources. */
function large(root: string): string {
  const source = `${'export const text = "a line of a source file";\n'.repeat(20)}`;
  for (let service = 0; service < SERVICES; service += 1) {
    const folder = path.join(root, `services/service-${service}`);
    mkdirSync(path.join(folder, 'src'), { recursive: true });
    const manifest = {
      name: `service-${service}`,
      scripts: { build: 'tsc' },
      devDependencies: { typescript: '5.9.3' },
    };
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(
      path.join(folder, 'package-lock.json'),
      JSON.stringify({ lockfileVersion: 3, packages: {} }),
    );
    writeFileSync(
      path.join(folder, 'Dockerfile'),
      'FROM public.ecr.aws/docker/library/node:22-slim\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY src src\n',
    );
    for (let file = 0; file < FILES_OF_A_SERVICE; file += 1) {
      writeFileSync(path.join(folder, `src/${file}.ts`), source);
    }
  }
  const commands = Array.from(
    { length: SERVICES },
    (_, service) =>
      `      - cd services/service-${service} && npm ci && npm run build && docker build . && cd ../..\n`,
  );
  writeFileSync(
    path.join(root, 'buildspec.yml'),
    `version: 0.2\nphases:\n  build:\n    commands:\n${commands.join('')}`,
  );
  execFileSync('git', ['init', '--quiet'], { cwd: root });
  execFileSync('git', ['add', '--all'], { cwd: root });
  return root;
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runBuild } from '../tools/simulator/engine/build';
import type { BuildRequest } from '../tools/simulator/engine/types';

/**
 * What the engine adds to the commands of a build, in one run: per command over one plain shell that runs the same ones, and
 * for much output, whose every line is counted.
 *
 *   node --require ts-node/register/transpile-only bench/engine.ts [JSON FILE]
 */
const COMMANDS = 200;
const COMMAND_LIMIT_MS = 10;
const OUTPUT_MB = 50;
const OUTPUT_LIMIT_SECONDS = 5;
const MEMORY_LIMIT_MB = 50;
const MB = 1024 * 1024;

interface Run {
  readonly seconds: number;
  readonly status: string;
  /** Above what the process had before. */
  readonly memoryMb: number;
}

async function bench(): Promise<boolean> {
  const directory = mkdtempSync(path.join(tmpdir(), 'mangoo-bench-'));
  try {
    const commands = await trivialCommands(directory);
    console.log(
      `${COMMANDS} commands   plain ${commands.plain.toFixed(2)} s   engine ${commands.engine.toFixed(2)} s   ${commands.perCommandMs.toFixed(1)} ms each (limit ${COMMAND_LIMIT_MS})`,
    );
    const lines = await numberedLines(directory);
    const line = await oneLine(directory);
    for (const [name, run] of Object.entries({ 'in lines': lines, 'in one line': line })) {
      console.log(
        `${OUTPUT_MB} MB ${name.padEnd(11)}   ${run.seconds.toFixed(2)} s (limit ${OUTPUT_LIMIT_SECONDS})   +${run.memoryMb.toFixed(0)} MB of memory (limit ${MEMORY_LIMIT_MB})   ${run.problem ?? 'complete, in order'}`,
      );
    }
    if (process.argv[2]) {
      writeFileSync(process.argv[2], JSON.stringify({ engine: { commands, lines, line } }));
    }
    return (
      commands.perCommandMs <= COMMAND_LIMIT_MS &&
      [lines, line].every(
        (run) =>
          run.problem === undefined && run.seconds <= OUTPUT_LIMIT_SECONDS && run.memoryMb <= MEMORY_LIMIT_MB,
      )
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function trivialCommands(
  directory: string,
): Promise<{ plain: number; engine: number; perCommandMs: number }> {
  const commands = Array.from({ length: COMMANDS }, (_, i) => `export COUNT=${i}; test "$COUNT" -eq ${i}`);
  const script = path.join(directory, 'plain.sh');
  writeFileSync(script, commands.join('\n'));
  const start = performance.now();
  spawnSync('/bin/sh', [script]);
  const plain = (performance.now() - start) / 1000;
  const { seconds: engine, status } = await run(path.join(directory, 'commands'), commands, () => undefined);
  if (status !== 'SUCCEEDED') throw new Error(`The commands ended ${status}`);
  return { plain, engine, perCommandMs: ((engine - plain) * 1000) / COMMANDS };
}

/** Each with its number and a hundred characters, on both streams in turn. */
async function numberedLines(directory: string): Promise<Run & { problem?: string }> {
  const count = Math.round((OUTPUT_MB * MB) / 110);
  const command = `awk 'BEGIN { for (i = 1; i <= ${count}; i++) printf "%08d %0100d\\n", i, 0 }'`;
  let next = 1;
  let problem: string | undefined;
  let rest = '';
  const result = await run(path.join(directory, 'lines'), [command], (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!/^\d{8} 0{100}$/.test(line)) continue;
      if (Number(line.slice(0, 8)) === next) next += 1;
      else problem ??= `line ${line.slice(0, 8)} instead of ${next}`;
    }
  });
  return {
    ...result,
    problem: problem ?? (next === count + 1 ? undefined : `${next - 1} of ${count} lines`),
  };
}

async function oneLine(directory: string): Promise<Run & { problem?: string }> {
  let count = 0;
  const command = `awk 'BEGIN { for (i = 0; i < ${OUTPUT_MB * 16}; i++) printf "%065536d", 0 }'`;
  const result = await run(path.join(directory, 'line'), [command], (text) => {
    if (text.startsWith('0000')) count += text.length;
  });
  return {
    ...result,
    problem: count === OUTPUT_MB * MB ? undefined : `${count} of ${OUTPUT_MB * MB} characters`,
  };
}

async function run(
  directory: string,
  commands: readonly string[],
  output: BuildRequest['output'],
): Promise<Run> {
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
  const start = performance.now();
  const { status } = await runBuild({
    directory,
    environment: { PATH: process.env.PATH ?? '' },
    // One that is masked, as builds have.
    variables: [{ name: 'SECRET', value: 'secret', type: 'SECRETS_MANAGER' }],
    image: 'aws/codebuild/standard:7.0',
    downloadSource: () => Promise.resolve({}),
    buildspec: { text: JSON.stringify({ version: '0.2', phases: { build: { commands } } }) },
    timeoutSeconds: 300,
    stop: new AbortController().signal,
    artifactsType: 'NO_ARTIFACTS',
    parameters: () => Promise.resolve({}),
    secret: () => Promise.resolve('correct horse battery staple'),
    uploadArtifacts: () => Promise.resolve(),
    storeReport: () => Promise.resolve(),
    output,
    phaseStarted: () => undefined,
    phaseEnded: () => undefined,
  });
  const seconds = (performance.now() - start) / 1000;
  clearInterval(watch);
  return { seconds, status, memoryMb: (most - before) / MB };
}

void bench().then((good) => {
  process.exitCode = good ? 0 : 1;
});

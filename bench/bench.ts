import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Command, type Context, UserError } from '../tools/command';
import { checkJsonFile, writeJson } from '../tools/json-file';

const ROOT = path.join(__dirname, '..');

/** Each is a program beside this one, which ends with 1 beyond a limit, and writes its figures to the file that it is given. */
const BENCHES = ['delivery', 'engine', 'preflight', 'serve', 'synth'];

export const bench: Command = {
  summary: `Measures against their limits: all, or those named (${BENCHES.join(', ')}).`,
  positional: '[NAME…]',
  options: { json: { value: 'FILE', help: 'writes the figures for programs' } },
  async run(values, context, names) {
    const unknown = names.filter((name) => !BENCHES.includes(name));
    if (unknown.length) {
      throw new UserError(`there is no bench '${unknown.join("', '")}'; there are: ${BENCHES.join(', ')}`);
    }
    const json = values.json === undefined ? undefined : path.resolve(context.cwd, values.json as string);
    if (json !== undefined) checkJsonFile(json);

    const figures = {};
    const beyond: string[] = [];
    // One after the other: side by side, each would measure the others.
    for (const name of BENCHES.filter((one) => !names.length || names.includes(one))) {
      context.out(`${name}:`);
      const { code, written } = await measured(name, context);
      Object.assign(figures, written);
      if (code !== 0) beyond.push(name);
      if (context.signal.aborted) break;
    }
    // What is beyond a limit is written too: it is what one wants to look at.
    if (json !== undefined) writeJson(json, figures);
    for (const name of beyond) context.err(`${name}: a limit is not kept, or there was nothing to measure`);
    return beyond.length || context.signal.aborted ? 1 : 0;
  },
};

/** In a process of its own, whose memory is not that of the others. */
async function measured(name: string, context: Context): Promise<{ code: number; written: object }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'mangoo-bench-'));
  try {
    const file = path.join(directory, 'figures.json');
    const script = path.join(__dirname, `${name}.ts`);
    const child = spawn(
      process.execPath,
      ['--require', 'ts-node/register/transpile-only', script, file],
      // Not context.cwd: what they measure is this repository.
      { cwd: ROOT, env: context.env, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const stop = (): void => void child.kill('SIGTERM');
    context.signal.addEventListener('abort', stop, { once: true });
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve(status ?? 1));
    });
    context.signal.removeEventListener('abort', stop);
    const written = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {};
    return { code, written };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

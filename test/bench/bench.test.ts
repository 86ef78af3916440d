import { tmpdir } from 'node:os';
import path from 'node:path';
import { bench } from '../../bench/bench';
import { main } from '../../tools/command';

async function answer(...args: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main('npm run bench --', bench, args, {
    cwd: tmpdir(),
    env: {},
    signal: new AbortController().signal,
    out: (line) => out.push(line),
    err: (line) => err.push(line),
  });
  return { code, out, err };
}

test('a mistyped name measures nothing, so that nobody takes the others for it', async () => {
  expect(await answer('synth', 'delivry')).toEqual({
    code: 2,
    out: [],
    err: ["there is no bench 'delivry'; there are: delivery, engine, preflight, serve, synth"],
  });
});

test('a file that cannot be written is told before minutes are spent', async () => {
  const file = path.join(tmpdir(), 'not-there-of-mangoo', 'figures.json');

  const { code, out, err } = await answer('delivery', '--json', file);

  expect({ code, out }).toEqual({ code: 2, out: [] });
  expect(err.join('\n')).toContain('there is no directory');
});

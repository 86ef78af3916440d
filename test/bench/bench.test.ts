import { tmpdir } from 'node:os';
import path from 'node:path';
import { bench } from '../../bench/bench';
import { type Answered, answered } from '../answered';

function answer(...args: string[]): Promise<Answered> {
  return answered('npm run bench --', bench, args, { cwd: tmpdir(), env: {} });
}

test('a mistyped name measures nothing, so that nobody takes the others for it', async () => {
  expect(await answer('synth', 'delivry')).toEqual({
    code: 2,
    stdout: [],
    stderr: ["there is no bench 'delivry'; there are: delivery, engine, preflight, serve, synth"],
  });
});

test('a file that cannot be written is told before minutes are spent', async () => {
  const file = path.join(tmpdir(), 'not-there-of-mangoo', 'figures.json');

  const { code, stdout, stderr } = await answer('delivery', '--json', file);

  expect({ code, stdout }).toEqual({ code: 2, stdout: [] });
  expect(stderr.join('\n')).toContain('there is no directory');
});

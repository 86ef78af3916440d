import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { killProcessesWith, processesWith } from '../../tools/simulator/processes';

test('a daemon that has left its parent and its group is found by its environment and ended; its like of another build lives', async () => {
  const mine = `MARK=${randomUUID()}`;
  const other = `MARK=${randomUUID()}`;
  const daemon = 'setsid sleep 60 >/dev/null 2>&1 & exit 0';
  for (const mark of [mine, other]) {
    const [, value = ''] = mark.split('=');
    const shell = spawn('/bin/sh', ['-c', daemon], { env: { PATH: process.env.PATH, MARK: value } });
    await once(shell, 'close');
  }
  expect(await processesWith(mine)).toHaveLength(1);

  await killProcessesWith(mine);

  expect(await processesWith(mine)).toEqual([]);
  expect(await processesWith(other)).toHaveLength(1);
  await killProcessesWith(other);
});

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const scripts = readdirSync('ci')
  .filter((name) => name.endsWith('.sh'))
  .map((name) => `ci/${name}`);

// In CI a missing shellcheck is a failure, not a reason to look away.
const here = process.env.CI === 'true' || spawnSync('shellcheck', ['--version']).status === 0;

(here ? test : test.skip)(
  here ? 'shellcheck finds nothing in ci/' : 'shellcheck is not on the PATH: ci/ is not checked',
  () => {
    const { status, stdout, error } = spawnSync('shellcheck', ['-x', '-P', 'SCRIPTDIR', ...scripts], {
      encoding: 'utf8',
    });

    expect({ error, stdout, status }).toEqual({ error: undefined, stdout: '', status: 0 });
  },
);

import type { Command } from '../../command';
import { FAULTS } from '../faults';

export const faults: Command = {
  summary: 'Lists what `--fault` can break.',
  options: {},
  run(_values, context) {
    const width = Math.max(...Object.keys(FAULTS).map((name) => name.length));
    for (const [name, help] of Object.entries(FAULTS)) context.out(`${name.padEnd(width)}  ${help}`);
    return Promise.resolve(0);
  },
};

import type { Command } from '../../command';
import { type FaultName, FAULTS, formsOf } from '../faults';

export const faults: Command = {
  summary: 'Lists what `--fault` can break, how the run ends then, and an example of each.',
  options: {},
  run(_values, context) {
    for (const [name, { breaks, end }] of Object.entries(FAULTS)) {
      const { form, example } = formsOf(name as FaultName);
      context.out(form);
      context.out(`  breaks   ${breaks}`);
      context.out(`  ends     ${end}`);
      context.out(`  example  --fault ${example}`);
    }
    return Promise.resolve(0);
  },
};

import { UserError } from '../../command';
import { Faults, parseFault } from '../faults';

/** Options that several commands have, in the same words. */
export const OPTIONS = {
  fault: {
    value: 'NAME',
    multiple: true,
    help: 'breaks something (`simulate faults` lists what)',
  },
  require: {
    value: 'TOOLS',
    help: 'refuses to play these tools where they do not work here, e.g. docker,pip',
  },
  'endpoint-url': { value: 'URL', help: 'an emulator that runs already, instead of moto' },
} as const;

/** Of the commands that follow a build. */
export const VERBOSE = {
  help: 'shows all output of the tools and of the build; else the log alone has it',
};

/** @throws UserError for a fault that there is not, or whose argument is none */
export function faultsOf(values: readonly string[] | undefined): Faults {
  return new Faults((values ?? []).map(parseFault));
}

export function listOf(text: string | undefined): string[] {
  return (text ?? '').split(',').filter(Boolean);
}

/**
 * @param minimum and all above are accepted
 * @throws UserError for what is no whole number
 */
export function numberOf(option: string, text: string | undefined, byDefault: number, minimum = 1): number {
  if (text === undefined) return byDefault;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= minimum) return number;
  throw new UserError(`--${option}: expected a whole number, at least ${minimum}, got '${text}'`);
}

/** @throws UserError for a text without `=` */
export function pairsOf(option: string, values: readonly string[] | undefined): [string, string][] {
  return (values ?? []).map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new UserError(`--${option}: expected NAME=VALUE, got '${text}'`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
}

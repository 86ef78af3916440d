import { promisesSecret, secretIn } from '../secrets';
import { type Command, options } from '../model/command';
import type { Instruction } from '../model/dockerfile';
import type { Found, Rule } from '../rule';

export const secretInImage: Rule = {
  id: 'S03',
  name: 'secret-in-image',
  title: 'A secret stays in the image',
  cause: 'docker history shows the values of ARG and ENV to everybody who can pull the image',
  fix: 'mount it for the one command that needs it: RUN --mount=type=secret,id=NAME, and docker build --secret id=NAME,env=NAME',
  link: 'https://docs.docker.com/build/building/secrets/',
  *check({ builds, dockerfiles }): Iterable<Found> {
    for (const { path, stages } of dockerfiles) {
      for (const instruction of stages.flatMap((stage) => stage.instructions)) {
        for (const { name, value } of assigned(instruction)) {
          const secret = secretIn(name, value);
          if (!secret) continue;
          yield {
            level: secret.certain ? 'error' : 'warning',
            place: { file: path, line: instruction.line },
            message: `${instruction.keyword} ${name} is ${secret.kind}`,
          };
        }
      }
    }
    const seen = new Set<Command['place']>();
    for (const command of builds.flatMap(({ commands }) => commands)) {
      const given = buildArguments(command).find(
        ({ name, value }) =>
          secretIn(name, value) !== undefined || (promisesSecret(name) && /^$|[$‹`]/.test(value)),
      );
      if (!given || seen.has(command.place)) continue;
      seen.add(command.place);
      yield {
        level: 'warning',
        place: command.place,
        message: `--build-arg ${given.name} stays in the history of the image`,
        fix: `docker build --secret id=${given.name},env=${given.name}, and in the Dockerfile RUN --mount=type=secret,id=${given.name}`,
      };
    }
  },
};

interface Assigned {
  readonly name: string;
  readonly value: string;
}

/** `NAME=value …`, or of ENV also `NAME value`. */
function assigned({ keyword, text }: Instruction): Assigned[] {
  if (keyword !== 'ENV' && keyword !== 'ARG') return [];
  const pairs = [...text.matchAll(/(?:^|\s)([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|'[^']*'|\S*)/g)];
  if (pairs.length) {
    return pairs.map(([, name = '', value = '']) => ({
      name,
      value: value.replace(/^(["'])(.*)\1$/s, '$2'),
    }));
  }
  const [, name, value] = /^\s*([A-Za-z_]\w*)\s+(.+)$/s.exec(text) ?? [];
  return name !== undefined && value !== undefined ? [{ name, value }] : [];
}

/** An argument without a value takes that of the variable. */
function buildArguments(command: Command): Assigned[] {
  return options(command, '--build-arg').flatMap((written) => {
    const [, name, value] = /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(written) ?? [];
    return name === undefined ? [] : [{ name, value: value ?? '' }];
  });
}

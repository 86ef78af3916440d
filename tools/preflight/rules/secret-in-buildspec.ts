import { secretIn, ofFormat } from '../secrets';
import type { Found, Rule } from '../rule';

export const secretInBuildspec: Rule = {
  id: 'S02',
  name: 'secret-in-buildspec',
  title: 'A secret is written in the buildspec, or in a script that it calls',
  cause: 'it is in the history of the repository, or in the template, for everybody who can read either',
  fix: 'keep it in Secrets Manager, name it under env/secrets-manager, and take the one that was written here out of use',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html',
  *check({ builds }): Iterable<Found> {
    const seen = new Set<string>();
    for (const { buildspec, commands } of builds) {
      const found: Found[] = [];
      for (const [name, value] of Object.entries(buildspec.content.variables)) {
        const secret = secretIn(name, value);
        if (!secret) continue;
        found.push({
          level: secret.certain ? 'error' : 'warning',
          place: buildspec.placeOf('env', 'variables', name),
          message: `the variable ${name} is ${secret.kind}`,
          fix: `under env/secrets-manager: ${name}: <id of the secret>; and take the one that was written here out of use`,
        });
      }
      for (const { text, place } of commands) {
        const secret = ofFormat(text);
        if (secret) found.push({ level: 'error', place, message: `the command has ${secret.kind}` });
      }
      for (const one of found) {
        const key = `${one.place.file}:${one.place.line} ${one.message}`;
        if (!seen.has(key)) yield one;
        seen.add(key);
      }
    }
  },
};

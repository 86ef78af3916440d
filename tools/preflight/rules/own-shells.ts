import { BUILDSPEC_PHASES } from '../../buildspec/buildspec';
import { type BuildspecFile, buildspecsOf } from '../model/buildspec-file';
import type { Found, Rule } from '../rule';

export const ownShells: Rule = {
  id: 'F22',
  name: 'own-shells',
  title: 'Version 0.1: each command has a shell of its own',
  cause:
    'version 0.1 runs each command in a new shell, so that a change of directory, a variable or a function is lost with it',
  fix: 'version: 0.2',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec-ref-versions',
  *check(model): Iterable<Found> {
    for (const buildspec of buildspecsOf(model)) {
      if (buildspec.content.version !== '0.1') continue;
      const lost = [...lostChanges(buildspec)];
      yield* lost;
      if (lost.length) continue;
      yield {
        level: 'warning',
        place: buildspec.placeOf('version'),
        message: 'version 0.1 runs each command in a shell of its own: what one sets, the next does not have',
      };
    }
  },
};

function* lostChanges(buildspec: BuildspecFile): Iterable<Found> {
  const entries = BUILDSPEC_PHASES.flatMap((phase) => {
    const commands = buildspec.content.phases[phase]?.commands ?? [];
    return commands.map((text, i) => ({ text: text.trim(), at: ['phases', phase, 'commands', i] as const }));
  });
  const lost: Found[] = [];
  /** By the commands behind the one that is looked at. */
  const used = new Set<string>();
  for (const [behind, { text, at }] of entries.reverse().entries()) {
    const [, name] = /^(?:export\s+)?(\w+)=[^\n;&|]*$/.exec(text) ?? [];
    const isDirectory = /^cd\s+(?!\.$|"?\$\{?CODEBUILD_SRC_DIR\}?"?$)[^\s;&|]+$/.test(text);
    const isSet = name !== undefined && used.has(name) && !Object.hasOwn(buildspec.content.variables, name);
    if (isSet || (isDirectory && behind > 0)) {
      lost.push({
        // What comes after a change of directory may do without it.
        level: isDirectory ? 'warning' : 'error',
        place: buildspec.placeOf(...at),
        message: `${text} is lost for the commands after it: version 0.1 gives each a shell of its own`,
      });
    }
    for (const [, variable = ''] of text.matchAll(/\$\{?(\w+)/g)) used.add(variable);
  }
  yield* lost.reverse();
}

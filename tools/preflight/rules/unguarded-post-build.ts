import type { Build } from '../model/build';
import { type Command, options, positionals } from '../model/command';
import { isGuarded } from '../model/guard';
import { pushedBy, releaseOf } from '../model/release';
import type { Found, Rule } from '../rule';

const GUARD = `'[ "\${CODEBUILD_BUILD_SUCCEEDING:-0}" = 1 ] || exit 1'`;

export const unguardedPostBuild: Rule = {
  id: 'F25',
  name: 'unguarded-post-build',
  title: 'What a failed build made is pushed or deployed all the same',
  cause: 'POST_BUILD runs after a failed BUILD too (not after a failed INSTALL or PRE_BUILD)',
  fix: `begin post_build with - ${GUARD}, or give the build phase \`on-failure: ABORT\``,
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html',
  *check({ builds }): Iterable<Found> {
    for (const build of builds) {
      if (build.buildspec.content.phases.build?.onFailure?.action === 'ABORT') continue;
      const released = build.commands.filter((command) => {
        return command.phase === 'post_build' && command.block === 'commands' && isUnguarded(command, build);
      });
      const [first, ...others] = released;
      if (!first || !mayFail(build, released)) continue;
      const what = releaseOf(first)?.what ?? first.name;
      const more = others.length ? `, with ${others.length} more after it` : '';
      yield {
        level: 'warning',
        place: first.place,
        message: `${what} runs in post_build${more}, which comes after a failed build phase too, and nothing asks whether it succeeded`,
        fix: isOfWindows(build) ? 'give the build phase `on-failure: ABORT`' : undefined,
      };
    }
  },
};

/** The guard is one of a POSIX shell. */
function isOfWindows({ project, buildspec, commands }: Build): boolean {
  return (
    project?.environment.type.startsWith('WINDOWS') ||
    buildspec.content.shell.endsWith('.exe') ||
    commands.some(({ text }) => /\$env:\w/i.test(text))
  );
}

function isUnguarded(command: Command, { commands }: Build): boolean {
  return releaseOf(command) !== undefined && !isGuarded(command, commands);
}

/**
 * Whether what comes first is released although the build phase failed. An image that the phase was to make last is not there
 * then: its push fails, and post_build ends with it.
 */
function mayFail({ commands }: Build, released: readonly Command[]): boolean {
  const failing = commands.filter((command) => {
    return command.phase === 'build' && command.ignored === undefined && !isHarmless(command);
  });
  const last = failing.at(-1);
  const [first] = released;
  if (!first || !last) return false;
  if (releaseOf(first)?.kind !== 'push' || first.ignored !== undefined || first.conditional) return true;
  const made = madeBy(first, commands);
  if (made) return commands.indexOf(made) < commands.indexOf(last);
  return failing.length > 1 || !(last.name === 'docker' && last.words[0] === 'build');
}

function isHarmless({ name, words }: Command): boolean {
  if (name === 'docker') return ['tag', 'images'].includes(words[0] ?? '');
  return ['', 'echo', 'cd', 'export', 'printf', 'date', 'ls', 'pwd', 'set'].includes(name);
}

/** The command of the build phase without which there would be nothing to push, through the tags that post_build gives. */
function madeBy(push: Command, commands: readonly Command[]): Command | undefined {
  let images = (pushedBy(push) ?? []).slice(0, 1).map(withTag);
  for (const command of commands.slice(0, commands.indexOf(push)).toReversed()) {
    const { phase, ignored, conditional } = command;
    if (!['build', 'post_build'].includes(phase) || ignored !== undefined || conditional) continue;
    const { made, from } = imagesOf(command);
    if (!made.some((image) => images.includes(withTag(image)))) continue;
    if (phase === 'build') return command;
    images = from.map(withTag);
  }
  return undefined;
}

function imagesOf(command: Command): { made: readonly string[]; from: readonly string[] } {
  const [verb, first, second] = positionals(command);
  if (command.name !== 'docker') return { made: [], from: [] };
  if (verb === 'tag' && first !== undefined && second !== undefined) return { made: [second], from: [first] };
  const builds = verb === 'build' || (verb === 'buildx' && first === 'build');
  return { made: builds ? options(command, '-t', '--tag') : [], from: [] };
}

function withTag(image: string): string {
  return /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
}

import type { Build } from '../model/build';
import type { Command } from '../model/command';
import { isGuarded } from '../model/guard';
import { releaseOf } from '../model/release';
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
      };
    }
  },
};

function isUnguarded(command: Command, { commands }: Build): boolean {
  return releaseOf(command) !== undefined && !isGuarded(command, commands);
}

/** An image that a failed docker build did not make cannot be pushed, and there post_build ends: no harm where that is all there is. */
function mayFail({ commands }: Build, released: readonly Command[]): boolean {
  const built = commands.filter(({ phase, name, ignored }) => {
    return (
      phase === 'build' &&
      ignored === undefined &&
      !['', 'echo', 'cd', 'export', 'printf', 'date', 'ls', 'pwd', 'set'].includes(name)
    );
  });
  const images = built.filter(({ name, words }) => name === 'docker' && words[0] === 'build');
  const others = built.filter(
    ({ name, words }) => !(name === 'docker' && ['build', 'tag', 'images'].includes(words[0] ?? '')),
  );
  const [first] = released;
  const failsFirst = first && releaseOf(first)?.kind === 'push' && first.ignored === undefined;
  return others.length > 0 || images.length > 1 || (images.length > 0 && !failsFirst);
}

import type { Build } from '../model/build';
import { briefly, type Command, option, positionals } from '../model/command';
import { dockerBuilds } from '../model/docker-build';
import type { SourceTree } from '../model/source-tree';
import { pathFrom } from '../model/words';
import type { Found, Rule } from '../rule';

export const wrongFolder: Rule = {
  id: 'F21',
  name: 'wrong-folder',
  title: 'A command runs in another folder than it is meant for',
  awsError: 'cd: frontend: No such file or directory',
  cause:
    'all commands of a build share one shell: after `cd`, the commands of later entries and phases are in that folder too',
  fix: 'go there for one command only: `(cd FOLDER && …)`, `npm --prefix FOLDER`, `git -C FOLDER`; or begin with `cd "$CODEBUILD_SRC_DIR/FOLDER"`',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec-ref-versions',
  *check({ builds, source }): Iterable<Found> {
    for (const build of builds) {
      // The files are those of another action of the pipeline, or nobody's.
      if (build.project && /^(?:NO_SOURCE|S3)$/.test(build.project.source.type)) continue;
      for (const [at, command] of build.commands.entries()) {
        const { cwd } = command;
        const written = cwd === undefined || cwd === '' ? undefined : meantBy(command, source);
        if (written === undefined || cwd === undefined) continue;
        const here = pathFrom(cwd, written);
        const meant = pathFrom('', written);
        if (
          here === undefined ||
          meant === undefined ||
          meant === '' ||
          exists(here, source) ||
          !exists(meant, source)
        )
          continue;
        if (mayMake(build.commands.slice(0, at), here)) continue;
        const isCertain = !command.conditional && command.ignored === undefined;
        const came = cameBy(build, at);
        yield {
          level: isCertain ? 'error' : 'warning',
          place: command.place,
          message: `\`${briefly(command)}\` runs in ${cwd}, where there is no ${written}${came ? ` (since ${came.place.file}:${came.place.line}: \`${briefly(came)}\`)` : ''}; the one that is meant is ${meant}`,
          awsError:
            command.name === 'cd'
              ? `cd: ${written}: No such file or directory`
              : `${written}: No such file or directory`,
          fix:
            command.name === 'cd'
              ? `cd "$CODEBUILD_SRC_DIR/${meant}"`
              : `go back first: cd "$CODEBUILD_SRC_DIR"${came ? `; or go there for one command only: (${briefly(came)} && …)` : ''}`,
        };
      }
    }
  },
};

/** A file or folder that a command needs, as written, relative to where it runs. */
function meantBy(command: Command, source: SourceTree): string | undefined {
  const { name, words, path } = command;
  if (name === 'cd' || name === 'pushd') return relative(words.filter((word) => !word.startsWith('-'))[0]);
  if (name === 'source' || name === '.' || name === 'bash' || name === 'sh') {
    const script = words.some((word) => /^-\w*c$/.test(word)) ? undefined : positionals(command)[0];
    return script?.includes('.') ? relative(script) : undefined;
  }
  if (path !== undefined && command.via === undefined) return relative(command.text.trim().split(/\s/)[0]);
  if (name === 'pip' && words[0] === 'install') {
    const file = option(command, '-r', '--requirement');
    return typeof file === 'string' ? relative(file) : undefined;
  }
  if (name === 'npm') {
    const prefix = option(command, '--prefix', '-C');
    return typeof prefix === 'string' ? relative(prefix) : undefined;
  }
  const [build] = dockerBuilds(command, source);
  if (build && build.context !== undefined && name === 'docker' && words[0] === 'build')
    return relative(positionals(command)[1]);
  return undefined;
}

function relative(word: string | undefined): string | undefined {
  return word === undefined || word === '' || /^[/~$-]|^\.\.?$|[$`*‹]|:\/\//.test(word) ? undefined : word;
}

function exists(path: string, source: SourceTree): boolean {
  return (
    source.files.has(path) ||
    source.isFolder(path) ||
    source.ignoredBy(path) !== undefined ||
    source.isUntracked(path)
  );
}

/** Whether something before may have made it, there: who names it, or unpacks, clones or generates what nobody knows. */
function mayMake(before: readonly Command[], path: string): boolean {
  const name = path.split('/').at(-1)!;
  return before.some(({ name: program, words, text }) => {
    if (/^(?:tar|unzip|git|cp|mv|rsync|degit|curl|wget|ln)$/.test(program))
      return /\b(?:clone|submodule|checkout|x\w*|-r|-R|-a|-s\w*)\b|^(?:unzip|tar|mv|rsync|degit)/.test(text);
    return (
      program !== 'cd' &&
      words.some((word) => word.split('/').includes(name)) &&
      /^(?:mkdir|cdk|npx|npm|python3?|terraform|make|install)$/.test(program)
    );
  });
}

/** The `cd` that it is in the folder by. */
function cameBy({ commands }: Build, at: number): Command | undefined {
  return commands
    .slice(0, at)
    .findLast(({ name, inBuildShell }) => inBuildShell && (name === 'cd' || name === 'pushd'));
}

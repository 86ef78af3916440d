import type { Build } from '../model/build';
import { briefly, type Command } from '../model/command';
import type { Model } from '../model/model';
import type { Found, Rule } from '../rule';

/** They ask a repository. */
const ASKS =
  /^(?:log|describe|rev-parse|rev-list|diff|diff-tree|show|tag|branch|archive|status|blame|merge-base|ls-files|submodule|fetch|checkout|push|pull|commit|shortlog|symbolic-ref|name-rev)$/;

export const noGitMetadata: Rule = {
  id: 'F49',
  name: 'no-git-metadata',
  title: 'git is asked where there is no repository, or no history',
  awsError: 'fatal: not a git repository (or any of the parent directories): .git',
  cause:
    'a pipeline hands the source over as a ZIP file without .git, as does S3, and a clone of depth 1 has one commit and no tags',
  fix: 'let the source action make a full clone (OutputArtifactFormat: CODEBUILD_CLONE_REF, codeBuildCloneOutput: true in the CDK), or take the commit from CODEBUILD_RESOLVED_SOURCE_VERSION',
  link: 'https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodestarConnectionSource.html',
  *check({ builds, pipelines }): Iterable<Found> {
    for (const build of builds) {
      const { project, commands } = build;
      if (!project) continue;
      const without = withoutRepository(build, pipelines);
      const isShallow = project.source.cloneDepth === 1;
      if (!without && !isShallow) continue;
      for (const [at, command] of commands.entries()) {
        const [verb = ''] = verbsOf(command);
        if (command.name !== 'git' || !ASKS.test(verb) || command.cwd === undefined) continue;
        // A repository of its own making, or one that is looked for first.
        if (
          commands
            .slice(0, at)
            .some(
              ({ name, text }) =>
                name === 'git' && /\b(?:clone|init|unshallow|worktree)\b|--depth/.test(text),
            )
        )
          break;
        if (command.guards.some((guard) => /\.git\b|is-inside-work-tree/.test(guard))) continue;
        const isCertain = command.ignored === undefined && !command.conditional;
        if (without) {
          yield {
            level: isCertain ? 'error' : 'warning',
            place: command.place,
            message: `\`${briefly(command)}\` finds no repository: ${without}`,
          };
        } else {
          const past = wanted(command, verb);
          if (past === undefined) continue;
          yield {
            level: isCertain && past.isCertain ? 'error' : 'warning',
            place: command.place,
            message: `\`${briefly(command)}\` ${past.message}: ${project.name} clones with depth 1`,
            awsError: past.awsError,
            fix: 'GitCloneDepth: 0 (cloneDepth of the CDK left out), or `git fetch --unshallow --tags` before',
          };
        }
      }
    }
  },
};

function withoutRepository({ project }: Build, pipelines: Model['pipelines']): string | undefined {
  const type = project?.source.type;
  if (type === 'S3') return 'the source of the project is an object of S3';
  if (type !== 'CODEPIPELINE') return undefined;
  const using = pipelines.filter(({ actions }) => actions.some((action) => action.project === project));
  // A project whose pipeline nobody sees may get a clone.
  if (!using.length) return undefined;
  const clones = using.some(({ actions }) => {
    return actions.some(({ configuration }) => configuration.OutputArtifactFormat === 'CODEBUILD_CLONE_REF');
  });
  return clones ? undefined : 'the pipeline hands the source over as a ZIP file without .git';
}

/** Without the options before it, such as `-C folder`. */
function verbsOf({ words }: Command): readonly string[] {
  let i = 0;
  while (words[i]?.startsWith('-')) i += words[i] === '-C' || words[i] === '-c' ? 2 : 1;
  return words.slice(i);
}

function wanted(
  { words }: Command,
  verb: string,
): { message: string; isCertain: boolean; awsError: string } | undefined {
  const before = words.find(
    (word) => /^(?:HEAD|@)(?:[~^]\d*|\{\d+\})/.test(word) || /\.\.HEAD[~^]/.test(word),
  );
  if (before !== undefined) {
    return {
      message: `asks for ${before}`,
      isCertain: true,
      awsError: `fatal: ambiguous argument '${before}': unknown revision or path not in the working tree.`,
    };
  }
  if (verb === 'merge-base')
    return {
      message: 'asks where branches part',
      isCertain: false,
      awsError: 'fatal: Not a valid object name',
    };
  if (verb === 'describe' && !words.includes('--always'))
    return {
      message: 'asks for the last tag',
      isCertain: false,
      awsError: 'fatal: No names found, cannot describe anything.',
    };
  if (verb === 'rev-list' && words.includes('--count'))
    return { message: 'counts commits, of which there is one', isCertain: false, awsError: '' };
  return undefined;
}

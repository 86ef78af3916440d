import { BUILDSPEC_PHASES, type Buildspec } from '../../buildspec/buildspec';
import type { BuildspecFile } from './buildspec-file';
import type { Command } from './command';
import type { Project } from './project';
import { Shell } from './shell';
import { entryText } from './shell-text';
import { ShellWalk } from './shell-walk';
import type { SourceTree } from './source-tree';
import { isKnown } from './stack';

/**
 * The commands of a build, in the order in which they run, with those of the scripts that they call.
 *
 * Version 0.2 runs all of them in one shell, whose folder and variables last; version 0.1 runs each in a new one.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec-ref-versions
 */
export function commandsOf(
  buildspec: BuildspecFile,
  project: Project | undefined,
  source: SourceTree,
): Command[] {
  const { content, text, form } = buildspec;
  const lines = form === 'file' ? text.split(/\r\n|\n|\r/) : [];
  const walk = new ShellWalk(source, project?.stack.account);
  let shell = start(content, project);
  for (const phase of BUILDSPEC_PHASES) {
    for (const block of ['commands', 'finally'] as const) {
      for (const [index, entry] of (content.phases[phase]?.[block] ?? []).entries()) {
        if (content.version === '0.1') shell = start(content, project);
        // Each entry is a script of its own: folder and variables are carried over, options are not.
        shell.errexit = shell.pipefail = shell.inheritErrexit = false;
        const place = buildspec.placeOf('phases', phase, block, index);
        walk.run({ phase, block, index }, entryText(entry, place, lines[place.line - 1]), shell);
      }
    }
  }
  return walk.commands;
}

/** With what CodeBuild gives it; the project's variables go before those of the buildspec. */
function start({ shell: name, variables }: Buildspec, project: Project | undefined): Shell {
  const shell = new Shell(name === 'bash' ? 'bash' : 'sh', {}, true);
  const region = project?.stack.region;
  if (region !== undefined && isKnown(region)) {
    for (const variable of ['AWS_REGION', 'AWS_DEFAULT_REGION']) shell.set(variable, region);
  }
  for (const [variable, value] of Object.entries(variables)) shell.set(variable, value);
  for (const { name: variable, value, type } of project?.environment.variables ?? []) {
    shell.set(variable, type === 'PLAINTEXT' ? value : undefined);
  }
  return shell;
}

import path from 'node:path';
import { dockerignore } from '../../dockerfile/ignore';
import { sourcesOf } from '../model/copied';
import { folderOf } from '../model/docker-build';
import type { Dockerfile } from '../model/dockerfile';
import type { Model } from '../model/model';
import { programsOf } from '../model/run';
import type { Found, Rule } from '../rule';

export const noDockerignore: Rule = {
  id: 'F50',
  name: 'no-dockerignore',
  title: 'The whole folder goes into the image',
  cause:
    'COPY . takes what lies in the folder when the image is built: .git, and node_modules of another system over those of the image',
  fix: 'write a .dockerignore',
  link: 'https://docs.docker.com/build/concepts/context/#dockerignore-files',
  *check(model: Model): Iterable<Found> {
    for (const dockerfile of model.dockerfiles) {
      if (!dockerfile.built || dockerfile.contexts.length > 1) continue;
      const context = dockerfile.contexts[0] ?? folderOf(dockerfile.path);
      const copy = dockerfile.stages
        .flatMap(({ instructions }) => instructions)
        .find((instruction) => sourcesOf(instruction).some((one) => /^\.?\/?$/.test(one)));
      const taken = copy && harmful(context, dockerfile, model);
      if (!copy || !taken?.length) continue;
      const file = path.posix.join(context, '.dockerignore');
      yield {
        level: 'warning',
        place: { file: dockerfile.path, line: copy.line },
        message: `${copy.keyword} ${copy.rest} takes ${taken.join(' and ')} too${dockerfile.ignore ? '' : `: there is no ${file}`}`,
        fix: `${dockerfile.ignore ? 'add to' : 'write'} ${file}: ${taken.join(', ')}`,
      };
    }
  },
};

/** What is there when CodeBuild builds the image, and should not be in it. */
function harmful(
  context: string,
  { stages, ignore }: Dockerfile,
  { source, packages, builds }: Model,
): string[] {
  const keptOut = dockerignore(ignore ?? []);
  const isPackage = packages.some(({ folder }) => folder === context);
  const installs =
    isPackage &&
    stages.some(({ instructions }) =>
      instructions.some((instruction) =>
        programsOf(instruction).some(({ name }) => ['npm', 'yarn', 'pnpm'].includes(name)),
      ),
    );
  // The build itself installs there, or who builds on a laptop does.
  const onHost = builds.some(({ commands }) =>
    commands.some(({ name, cwd }) => ['npm', 'yarn', 'pnpm'].includes(name) && cwd === context),
  );
  // A pipeline hands over an archive.
  const clones = builds.some(
    ({ project }) => !/^(?:CODEPIPELINE|S3|NO_SOURCE)$/.test(project?.source.type ?? ''),
  );
  return [
    ...(installs && (onHost || !ignore) && !keptOut('node_modules') ? ['node_modules'] : []),
    ...(context === '' && clones && source.isGit && !ignore ? ['.git'] : []),
  ];
}

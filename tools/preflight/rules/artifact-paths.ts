import type { Build } from '../model/build';
import type { Model } from '../model/model';
import { artifactsOf, literalPath, namesFolder, type StoredFiles } from '../model/stored-files';
import { type UsualOutput, usualOutput } from '../model/usual-output';
import type { Found, Rule } from '../rule';

export const artifactPaths: Rule = {
  id: 'F31',
  name: 'artifact-paths',
  title: 'Paths of artifacts that find nothing',
  awsError: 'CLIENT_ERROR Message: no matching artifact paths found',
  cause:
    'paths of artifacts begin at the root of the source, wherever the commands have gone; and a folder by its name alone is no file',
  fix: 'give the paths from the root of the source, and a folder as folder/**/*',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.artifacts.files',
  *check(model): Iterable<Found> {
    for (const build of model.builds) {
      const made = build.commands.flatMap((command) => usualOutput(command, model) ?? []);
      for (const artifact of artifactsOf(build)) {
        yield* folders(build, artifact, model);
        yield* twice(build, artifact, model);
        yield* elsewhere(build, artifact, made, model);
      }
    }
  },
};

function* folders({ buildspec }: Build, artifact: StoredFiles, { source }: Model): Iterable<Found> {
  const named = artifact.files.map((file) => namesFolder(source, artifact.baseDirectory, file));
  for (const [i, file] of artifact.files.entries()) {
    if (named[i] === 'no') continue;
    yield {
      level: named.every((one) => one === 'yes') ? 'error' : 'warning',
      place: buildspec.placeOf(...artifact.at, 'files', i),
      message: `${file} names a folder, in which ${artifact.told} finds no file`,
      fix: `- "${allWithin(file)}"`,
      awsError: `Skipping invalid file path ${file}`,
    };
  }
}

export function allWithin(folder: string): string {
  const named = folder.replace(/^\.\//, '').replace(/\/$/, '');
  return named === '' || named === '.' ? '**/*' : `${named}/**/*`;
}

/** `dist/…` below `dist`. */
function* twice({ buildspec, commands }: Build, artifact: StoredFiles, { source }: Model): Iterable<Found> {
  const base = literalPath(artifact.baseDirectory);
  if (!base || !artifact.files.every((file) => file.replace(/^\.\//, '').startsWith(`${base}/`))) return;
  const doubled = `${base}/${base}`;
  if (source.isFolder(doubled) || commands.some(({ text }) => text.includes(doubled))) return;
  yield {
    level: 'warning',
    place: buildspec.placeOf(...artifact.at, 'files'),
    message: `the files of ${artifact.told} begin with ${base}/, and base-directory is ${base} already: ${doubled} is looked for`,
    fix: `take ${base}/ out of the files, or base-directory out`,
  };
}

/** What a tool has made in the folder in which it ran, looked for at the root. */
function* elsewhere(
  { buildspec, commands }: Build,
  artifact: StoredFiles,
  made: readonly UsualOutput[],
  { source }: Model,
): Iterable<Found> {
  const looked = literalPath(artifact.baseDirectory) || firstFolder(artifact);
  if (!looked || source.isFolder(looked)) return;
  const sameName = made.filter(({ output }) => output === looked);
  const [first] = sameName;
  if (!first || sameName.some(({ folder }) => folder === '')) return;
  const isMentioned = commands.some(({ text }) =>
    new RegExp(`(?:^|[\\s"'=/])${escaped(looked)}\\b`).test(text),
  );
  if (isMentioned) return;
  const found = `${first.folder}/${looked}`;
  yield {
    level: 'warning',
    place: buildspec.placeOf(...artifact.at, ...(artifact.baseDirectory ? ['base-directory'] : ['files'])),
    message: `${artifact.told} looks for ${looked} at the root of the source, and ${first.command.text.split('\n')[0]} makes ${found}`,
    fix: artifact.baseDirectory ? `base-directory: ${found}` : `- "${found}/**/*"`,
  };
}

/** With which all of its patterns begin. */
function firstFolder({ baseDirectory, files }: StoredFiles): string | undefined {
  if (baseDirectory !== undefined) return undefined;
  const firsts = new Set(files.map((file) => /^(?:\.\/)?([^/*?$[\]{}]+)\//.exec(file)?.[1]));
  return firsts.size === 1 ? [...firsts][0] : undefined;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

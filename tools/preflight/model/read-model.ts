import path from 'node:path';
import type { Build } from './build';
import { type BuildspecFile, buildspecFile } from './buildspec-file';
import { commandsOf } from './commands';
import { dockerfilesOf } from './dockerfile';
import { packagesOf, requirementsOf } from './manifests';
import type { Model } from './model';
import { pipelinesOf } from './pipeline';
import { type Project, projectsOf } from './project';
import { rolesOf } from './role';
import { servicesOf } from './service';
import type { SourceTree } from './source-tree';
import { isKnown, type Stack } from './stack';

export interface ModelOptions {
  /** A file of the source that is a build too, whether or not a project has it. */
  readonly buildspec?: string;
}

/** All that can be told of a source and of the stacks that build and run it. */
export function modelOf(source: SourceTree, stacks: readonly Stack[], { buildspec }: ModelOptions): Model {
  const roles = rolesOf(stacks);
  const projects = projectsOf(stacks, roles);
  const read = new Map<string, BuildspecFile | undefined>();
  const fileOf = (file: string): BuildspecFile | undefined => {
    if (!read.has(file)) read.set(file, readFrom(source, file));
    return read.get(file);
  };
  const build = (file: BuildspecFile, project?: Project): Build => {
    return { project, buildspec: file, commands: commandsOf(file, project, source) };
  };
  const files = [
    ...(projects.length ? [] : buildspecsOf(source).filter((file) => !isForTests(file))),
    ...(buildspec === undefined ? [] : [path.posix.normalize(buildspec)]),
  ];
  const builds = [
    ...projects.flatMap((project) => {
      const found = buildspecOf(project, fileOf);
      return found ? [build(found, project)] : [];
    }),
    ...[...new Set(files)].flatMap((file) => {
      const found = fileOf(file);
      return found ? [build(found)] : [];
    }),
  ];
  return {
    source,
    stacks,
    projects,
    pipelines: pipelinesOf(stacks, projects),
    roles,
    services: servicesOf(stacks),
    builds,
    dockerfiles: dockerfilesOf(source, builds, stacks),
    packages: packagesOf(source),
    requirements: requirementsOf(source),
  };
}

/**
 * The path of the buildspec in the source that a project asks for: what it says, else buildspec.yml. Undefined where the
 * project has the buildspec itself, or it lies elsewhere, or nobody knows yet.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec-ref-name-storage
 */
export function buildspecPath({ source }: Project): string | undefined {
  const written = source.buildspec?.trim();
  if (!written) return source.type === 'NO_SOURCE' ? undefined : 'buildspec.yml';
  if (isWhole(written) || /^arn:|^[/$]/.test(written) || !isKnown(written)) return undefined;
  return path.posix.normalize(written);
}

function buildspecOf(
  project: Project,
  fileOf: (file: string) => BuildspecFile | undefined,
): BuildspecFile | undefined {
  const written = project.source.buildspec;
  if (written !== undefined && isWhole(written.trim())) {
    return buildspecFile(written, project.resource.place, 'inline');
  }
  const file = buildspecPath(project);
  return file === undefined ? undefined : fileOf(file);
}

/** A buildspec of YAML has lines, one of JSON has braces; a path has neither. */
function isWhole(text: string): boolean {
  return text.startsWith('{') || /\n|: /.test(text);
}

function readFrom(source: SourceTree, file: string): BuildspecFile | undefined {
  const text = source.read(file);
  return text === undefined ? undefined : buildspecFile(text, { file, line: 1 }, 'file');
}

const NAMES = /(?:^|\/)[^/]*buildspec[^/]*\.ya?ml$/i;
/** Other people's, and copies. */
const ELSEWHERE = /(?:^|\/)(?:node_modules|cdk\.out)\//;

/** Some of these are wrong on purpose. */
export function isForTests(file: string): boolean {
  return /(?:^|\/)(?:tests?|__tests__|fixtures?|testdata)\//.test(file);
}

/** The one that CodeBuild takes where nothing else is said, and whatever else looks like one. */
export function buildspecsOf(source: SourceTree): string[] {
  return [...source.files.keys()].filter((file) => {
    if (!NAMES.test(file) || ELSEWHERE.test(file)) return false;
    const text = source.read(file);
    if (text === undefined || isOfAmplify(text)) return false;
    return file === 'buildspec.yml' || ['version', 'phases'].every((key) => hasKey(text, key));
  });
}

/**
 * Amplify's build settings have phases too, within what they build, and are not CodeBuild's.
 * https://docs.aws.amazon.com/amplify/latest/userguide/yml-specification-syntax.html
 */
function isOfAmplify(text: string): boolean {
  return (
    /^version\s*:\s*["']?1(?:\.0)?["']?\s*$/m.test(text) &&
    /^(?:frontend|backend|applications)\s*:/m.test(text)
  );
}

/** In the text, because one that is no YAML is a buildspec too. */
function hasKey(text: string, key: string): boolean {
  return new RegExp(`(?:^|[{,])\\s*["']?${key}["']?\\s*:`, 'm').test(text);
}

import path from 'node:path';
import type { Files, Path } from '../../buildspec/buildspec';
import type { Build } from './build';
import type { Project } from './project';
import type { SourceTree } from './source-tree';

/** Files that a buildspec wants to be stored, or read. */
export interface StoredFiles extends Files {
  readonly at: Path;
  /** E.g. `artifacts`, `secondary-artifacts/site`. */
  readonly told: string;
}

export function artifactsOf({ project, buildspec }: Build): StoredFiles[] {
  if (project && storesNothing(project)) return [];
  return buildspec.content.artifacts.map((artifact): StoredFiles => {
    const { identifier } = artifact;
    return identifier === undefined
      ? { ...artifact, at: ['artifacts'], told: 'artifacts' }
      : {
          ...artifact,
          at: ['artifacts', 'secondary-artifacts', identifier],
          told: `secondary-artifacts/${identifier}`,
        };
  });
}

export function storesNothing({ artifacts, resource }: Project): boolean {
  const { SecondaryArtifacts } = resource.properties;
  return (
    artifacts.type === 'NO_ARTIFACTS' && !(Array.isArray(SecondaryArtifacts) && SecondaryArtifacts.length)
  );
}

export function reportsOf({ buildspec }: Build): StoredFiles[] {
  return buildspec.content.reports.map((report) => {
    return { ...report, at: ['reports', report.name], told: `reports/${report.name}` };
  });
}

/** A path from the source's root; undefined where it has variables or wildcards, or lies elsewhere. */
export function literalPath(base: string | undefined, pattern = ''): string | undefined {
  const joined = path.posix.join(base ?? '', pattern);
  if (/[$*?[\]{}‹]/.test(joined) || /^(?:\/|\.\.)/.test(joined)) return undefined;
  return joined === '.' ? '' : joined.replace(/\/$/, '');
}

/** Folders that tools make, and no files. */
const FOLDERS = new Set(['.next', 'build', 'cdk.out', 'coverage', 'dist', 'node_modules', 'out', 'target']);

/**
 * Whether a pattern names a folder, so that it finds nothing: what is in it needs `/**\/*`. `perhaps`: by its name.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.artifacts.files
 */
export function namesFolder(
  source: SourceTree,
  base: string | undefined,
  pattern: string,
): 'yes' | 'no' | 'perhaps' {
  const file = literalPath(base, pattern);
  if (file === undefined) return 'no';
  if (pattern.endsWith('/') || source.isFolder(file)) return 'yes';
  return FOLDERS.has(path.posix.basename(file)) && !source.files.has(file) ? 'perhaps' : 'no';
}

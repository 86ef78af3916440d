import type { Artifact } from '../../buildspec/buildspec';
import { findFiles } from './files';
import type { ArtifactUpload } from './types';

/**
 * Finds what the `artifacts` of a buildspec name.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.artifacts
 * @throws Error in CodeBuild's words when there is nothing to store
 */
export async function assembleArtifacts(
  artifacts: readonly Artifact[],
  {
    source,
    evaluate,
    log,
  }: {
    /** CODEBUILD_SRC_DIR. */
    readonly source: string;
    /** What the build's shell makes of a text. */
    readonly evaluate: (text: string) => Promise<string>;
    readonly log: (line: string) => void;
  },
): Promise<ArtifactUpload[]> {
  const uploads: ArtifactUpload[] = [];
  for (const artifact of artifacts) {
    const { identifier, name, s3Prefix, enableSymlinks: links, excludePaths } = artifact;
    const files = await findFiles(artifact, { root: source, excludePaths, links, log });
    if (!files) throw new Error(`no matching base directory path found for ${artifact.baseDirectory ?? '.'}`);
    if (!files.length) throw new Error('no matching artifact paths found');
    uploads.push({
      identifier,
      name: name === undefined ? undefined : await evaluate(name),
      s3Prefix,
      files,
      enableSymlinks: links || undefined,
    });
  }
  return uploads;
}

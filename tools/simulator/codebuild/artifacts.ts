import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ArtifactUpload } from '../engine/types';
import type { Artifacts, Project } from './projects';
import { writeZip } from './zip';

/** Uploads that are under way at once: an artifact may be thousands of small files. */
const AT_ONCE = 8;

/**
 * Stores what a build made where the project wants it: files below a key, or one ZIP file at it.
 *
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectArtifacts.html
 */
export async function storeArtifacts(
  s3: S3Client,
  build: {
    readonly project: Project;
    readonly uuid: string;
    readonly arn: string;
    /** For what is made on the way. */
    readonly directory: string;
  },
  uploads: readonly ArtifactUpload[],
): Promise<void> {
  for (const upload of uploads) {
    const artifacts = artifactsOf(build.project, upload.identifier);
    if (!artifacts.location) continue;
    const bucket = artifacts.location.replace(/^arn:[^:]*:s3:::/, '');
    const put = async (key: string, file: string): Promise<void> => {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: createReadStream(file),
          ContentLength: (await stat(file)).size,
          Metadata: { 'codebuild-buildarn': build.arn },
        }),
      );
    };
    const key = keyOf(artifacts, upload, build);
    if (artifacts.packaging === 'ZIP') {
      const directory = await mkdtemp(path.join(build.directory, 'artifact-'));
      try {
        const zip = path.join(directory, 'artifact.zip');
        await writeZip(zip, upload.files, upload.enableSymlinks === true);
        await put(key, zip);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
      continue;
    }
    const files = [...upload.files];
    const worker = async (): Promise<void> => {
      for (let file = files.shift(); file; file = files.shift()) {
        // `enable-symlinks` means nothing without a ZIP.
        if ((await stat(file.absolutePath)).isFile()) await put(joined(key, file.path), file.absolutePath);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }
}

function artifactsOf({ artifacts, secondaryArtifacts = [] }: Project, identifier?: string): Artifacts {
  if (identifier === undefined) return artifacts;
  const secondary = secondaryArtifacts.find((one) => one.artifactIdentifier === identifier);
  if (!secondary) {
    throw new Error(
      `artifacts/secondary-artifacts/${identifier}: the project has no such secondary artifact`,
    );
  }
  return secondary;
}

/** `path/namespace/name`, a name of `/` meaning none. A ZIP file is an object and cannot be without. */
function keyOf(
  artifacts: Artifacts,
  upload: ArtifactUpload,
  { project, uuid }: { readonly project: Project; readonly uuid: string },
): string {
  const fallback = upload.identifier ?? project.name;
  const name = (artifacts.overrideArtifactName ? upload.name : undefined) ?? artifacts.name ?? fallback;
  const byBuild = artifacts.namespaceType === 'BUILD_ID';
  return joined(
    byBuild ? upload.s3Prefix : undefined,
    artifacts.path,
    byBuild ? uuid : undefined,
    artifacts.packaging === 'ZIP' && name === '/' ? fallback : name,
  );
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.flatMap((part) => part?.split('/').filter(Boolean) ?? []).join('/');
}

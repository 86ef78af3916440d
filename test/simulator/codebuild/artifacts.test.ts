import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { storeArtifacts } from '../../../tools/simulator/codebuild/artifacts';
import type { Artifacts, Project } from '../../../tools/simulator/codebuild/projects';
import type { ArtifactUpload } from '../../../tools/simulator/engine/types';

let directory: string;
beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'artifacts-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const S3: Artifacts = { type: 'S3', location: 'artifacts' };

/** Stores index.html and app.js, and resolves to the objects by `bucket/key`, with their content. */
async function stored(
  project: Partial<Project>,
  ...uploads: readonly Partial<ArtifactUpload>[]
): Promise<Record<string, Buffer>> {
  const files = ['app.js', 'index.html'].map((name) => {
    const absolutePath = path.join(directory, name);
    writeFileSync(absolutePath, name);
    return { path: name, absolutePath };
  });
  const objects: Record<string, Buffer> = {};
  const s3 = {
    async send({ input }: PutObjectCommand) {
      const chunks: Buffer[] = [];
      for await (const chunk of input.Body as AsyncIterable<Buffer>) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      expect(input.ContentLength).toBe(body.length);
      expect(input.Metadata).toEqual({ 'codebuild-buildarn': 'arn:build' });
      objects[`${input.Bucket}/${input.Key}`] = body;
    },
  } as unknown as S3Client;
  await storeArtifacts(
    s3,
    {
      project: { name: 'web', artifacts: S3, ...project } as Project,
      uuid: 'id',
      arn: 'arn:build',
      directory,
    },
    uploads.map((upload) => ({ files, ...upload })),
  );
  return objects;
}

test.each<[string, Partial<Artifacts>, Partial<ArtifactUpload>, string]>([
  ['after the project', {}, {}, 'web'],
  ['by build', { path: 'builds', namespaceType: 'BUILD_ID', name: '/' }, {}, 'builds/id'],
  ['after the buildspec, where the project lets it', { overrideArtifactName: true }, { name: 'v/7' }, 'v/7'],
  ['after the project, where it does not', { name: 'site' }, { name: 'v/7' }, 'site'],
  ['below the prefix of the buildspec', { namespaceType: 'BUILD_ID' }, { s3Prefix: 'pre' }, 'pre/id/web'],
  ['without that prefix when builds have no folder', {}, { s3Prefix: 'pre' }, 'web'],
])('files lie in a folder named %s', async (_, artifacts, upload, folder) => {
  const objects = await stored({ artifacts: { ...S3, ...artifacts } }, upload);

  expect(Object.keys(objects).sort()).toEqual([
    `artifacts/${folder}/app.js`,
    `artifacts/${folder}/index.html`,
  ]);
  expect(objects[`artifacts/${folder}/app.js`]?.toString()).toBe('app.js');
});

test('a ZIP is one object under the name itself, and holds every file', async () => {
  const artifacts = { ...S3, packaging: 'ZIP', path: 'builds', namespaceType: 'BUILD_ID', name: 'site.zip' };
  const objects = await stored({ artifacts }, {});

  expect(Object.keys(objects)).toEqual(['artifacts/builds/id/site.zip']);
  const zip = path.join(directory, 'zip');
  writeFileSync(zip, objects['artifacts/builds/id/site.zip'] ?? '');
  expect(execFileSync('python3', ['-m', 'zipfile', '-t', zip], { encoding: 'utf8' })).toBe('Done testing\n');
  expect(execFileSync('python3', ['-m', 'zipfile', '-l', zip], { encoding: 'utf8' })).toMatch(
    /app\.js .*\nindex\.html /,
  );
});

test('a secondary artifact goes where the project has it, and nowhere else', async () => {
  const secondaryArtifacts = [
    { type: 'S3', location: 'arn:aws:s3:::other', artifactIdentifier: 'api', name: 'api' },
  ];
  const objects = await stored({ secondaryArtifacts }, {}, { identifier: 'api' });

  expect(Object.keys(objects).sort()).toEqual([
    'artifacts/web/app.js',
    'artifacts/web/index.html',
    'other/api/app.js',
    'other/api/index.html',
  ]);
});

test('a secondary artifact that the project does not know fails the upload by its name', async () => {
  await expect(stored({}, { identifier: 'api' })).rejects.toThrow(
    'artifacts/secondary-artifacts/api: the project has no such secondary artifact',
  );
});

test('without a ZIP, a link to a directory is left out instead of failing the upload', async () => {
  symlinkSync('.', path.join(directory, 'loop'));
  const files = [{ path: 'loop', absolutePath: path.join(directory, 'loop') }];

  expect(await stored({}, { files, enableSymlinks: true })).toEqual({});
});

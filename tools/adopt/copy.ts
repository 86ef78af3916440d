import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { PipelineConfig } from '../../lib/config';
import { reportGroups } from '../../lib/report-groups';
import { UserError } from '../command';
import { codeOf, isExecutable, PIPELINE } from './files';
import type { Finding } from './findings';
import type { Repository } from './repository';

export interface PipelineFile {
  /** Relative to the root of either repository. */
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

/**
 * The buildspecs of what is configured, with the reports of its images, and all of ci/ but what editors and systems leave
 * there.
 */
export function pipelineFiles({ release, images }: PipelineConfig): PipelineFile[] {
  const buildspecs = ['', ...(release ? ['-build', '-deploy', '-prepare'] : [])];
  const steps = readdirSync(path.join(PIPELINE, 'ci'), { recursive: true, encoding: 'utf8' })
    .map((file) => path.posix.join('ci', file))
    .filter((file) => !/(?:^|\/)\.|~$/.test(file) && statSync(path.join(PIPELINE, file)).isFile());
  return [...buildspecs.map((step) => `buildspec${step}.yml`), ...steps.sort()].map((file) => {
    const absolute = path.join(PIPELINE, file);
    const read = readFileSync(absolute);
    const content = file.endsWith('.yml') ? Buffer.from(withReports(read.toString(), images)) : read;
    return { path: file, content, executable: isExecutable(absolute) };
  });
}

function withReports(buildspec: string, images: PipelineConfig['images']): string {
  return buildspec.replace(/^reports:\n(?: .*\n)+/m, () => stringify({ reports: reportGroups(images) }));
}

interface Comparison {
  readonly changed: readonly PipelineFile[];
  readonly unchanged: readonly string[];
  readonly conflicts: readonly Finding[];
}

export function compare(files: readonly PipelineFile[], repository: Repository, force: boolean): Comparison {
  const conflicts: Finding[] = [];
  for (const folder of new Set(files.map((file) => path.dirname(file.path)))) {
    if (repository.exists(folder) && !repository.isFolder(folder)) {
      const message = 'is a file, or a symbolic link that leads out of the repository';
      conflicts.push({ file: folder, message, fix: 'move it away: the steps need a folder of this name' });
    }
  }
  const changed: PipelineFile[] = [];
  const unchanged: string[] = [];
  for (const file of files) {
    if (conflicts.some((conflict) => conflict.file === path.dirname(file.path))) continue;
    const { path: name } = file;
    if (!repository.exists(name)) changed.push(file);
    else if (repository.isFolder(name)) {
      conflicts.push({ file: name, message: 'is a folder', fix: 'move it away' });
    } else if (repository.read(name)?.equals(file.content)) {
      // Where git does not look at modes, the file system may have none: writing again would never end.
      if (!file.executable || !repository.fileMode || repository.isExecutable(name)) unchanged.push(name);
      else changed.push(file);
    } else if (force) changed.push(file);
    else {
      const fix = `compare it with ${path.join(PIPELINE, name)}, then --force overwrites it`;
      conflicts.push({ file: name, message: 'is there already and differs', fix });
    }
  }
  return { changed, unchanged, conflicts };
}

/**
 * Writes all files or none: first beside their places, then all are renamed. A symbolic link is replaced, not followed.
 *
 * @throws UserError when one cannot be written; everything is as before then
 */
export function replaceAll(root: string, files: readonly PipelineFile[]): void {
  const undo: (() => void)[] = [];
  const places = files.map((file) => {
    const target = path.join(root, file.path);
    const beside = path.join(path.dirname(target), `.${path.basename(target)}.adopt-${process.pid}`);
    return { ...file, target, temporary: beside, before: `${beside}.before` };
  });
  let current = root;
  try {
    for (const { target, temporary, content, executable } of places) {
      current = target;
      const made = mkdirSync(path.dirname(target), { recursive: true });
      if (made !== undefined) undo.push(() => rmSync(made, { recursive: true }));
      writeFileSync(temporary, content, { flag: 'wx', mode: executable ? 0o755 : 0o644 });
      undo.push(() => rmSync(temporary, { force: true }));
    }
    for (const { target, temporary, before } of places) {
      current = target;
      if (lstatSync(target, { throwIfNoEntry: false })) {
        renameSync(target, before);
        undo.push(() => renameSync(before, target));
      }
      renameSync(temporary, target);
      undo.push(() => rmSync(target));
    }
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw new UserError(`${current}: cannot be written (${codeOf(error)}); nothing was copied`, 1);
  }
  for (const { before } of places) rmSync(before, { force: true });
}

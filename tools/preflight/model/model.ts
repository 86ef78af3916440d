import type { Build } from './build';
import type { Dockerfile } from './dockerfile';
import type { PackageManifest, Requirements } from './manifests';
import type { Pipeline } from './pipeline';
import type { Project } from './project';
import type { Role } from './role';
import type { Service } from './service';
import type { SourceTree } from './source-tree';
import type { Stack } from './stack';

/** All that the rules look at, parsed once: the triangle of source tree, synthesized stacks and buildspecs. */
export interface Model {
  readonly source: SourceTree;
  /** Of all assemblies, nested ones too; empty where none was given. */
  readonly stacks: readonly Stack[];
  readonly projects: readonly Project[];
  readonly pipelines: readonly Pipeline[];
  readonly roles: readonly Role[];
  /** Of ECS, with their task definitions. */
  readonly services: readonly Service[];
  /** Each project with its buildspec; without an assembly, the buildspecs of the source, each without a project. */
  readonly builds: readonly Build[];
  readonly dockerfiles: readonly Dockerfile[];
  readonly packages: readonly PackageManifest[];
  readonly requirements: readonly Requirements[];
}

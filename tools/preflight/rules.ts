import type { Rule } from './rule';
import { artifactPaths } from './rules/artifact-paths';
import { artifactsWithoutPlace } from './rules/artifacts-without-place';
import { brokenBuildspec } from './rules/broken-buildspec';
import { cacheExport } from './rules/cache-export';
import { credentialsInImageBuild } from './rules/credentials-in-image-build';
import { deploysItself } from './rules/deploys-itself';
import { dockerHub } from './rules/docker-hub';
import { duplicateKey } from './rules/duplicate-key';
import { emptySection } from './rules/empty-section';
import { exportedVariable } from './rules/exported-variable';
import { finallyBlock } from './rules/finally-block';
import { forbiddenCharacter } from './rules/forbidden-character';
import { healthCheckTool } from './rules/health-check-tool';
import { immutableTag } from './rules/immutable-tag';
import { missingBuildspec } from './rules/missing-buildspec';
import { missingLockFile } from './rules/missing-lock-file';
import { missingRepository } from './rules/missing-repository';
import { missingRuntime } from './rules/missing-runtime';
import { noDockerignore } from './rules/no-dockerignore';
import { noGitMetadata } from './rules/no-git-metadata';
import { onlyLastCounts } from './rules/only-last-counts';
import { overriddenVariable } from './rules/overridden-variable';
import { ownShells } from './rules/own-shells';
import { parallelDeployments } from './rules/parallel-deployments';
import { reportFiles } from './rules/report-files';
import { repositoryExists } from './rules/repository-exists';
import { reservedVariable } from './rules/reserved-variable';
import { rollbackTarget } from './rules/rollback-target';
import { scriptNotExecutable } from './rules/script-not-executable';
import { shortenedVersion } from './rules/shortened-version';
import { swallowedFailure } from './rules/swallowed-failure';
import { synthesizedTwice } from './rules/synthesized-twice';
import { twoOwners } from './rules/two-owners';
import { unchangedTask } from './rules/unchanged-task';
import { unguardedPostBuild } from './rules/unguarded-post-build';
import { unknownRuntime } from './rules/unknown-runtime';
import { unknownRuntimeVersion } from './rules/unknown-runtime-version';
import { unknownService } from './rules/unknown-service';
import { unpinnedCdk } from './rules/unpinned-cdk';
import { unquotedColon } from './rules/unquoted-colon';
import { unsetBuildVariable } from './rules/unset-build-variable';
import { unsetSetting } from './rules/unset-setting';
import { untrackedFile } from './rules/untracked-file';
import { unusedImage } from './rules/unused-image';
import { unwatchedBuild } from './rules/unwatched-build';
import { waitsForAnswer } from './rules/waits-for-answer';
import { wrongArchitecture } from './rules/wrong-architecture';
import { wrongFolder } from './rules/wrong-folder';

/** Every rule, by id. */
export const RULES: readonly Rule[] = [
  unquotedColon,
  brokenBuildspec,
  forbiddenCharacter,
  emptySection,
  unknownRuntime,
  unknownRuntimeVersion,
  missingRuntime,
  shortenedVersion,
  duplicateKey,
  wrongFolder,
  ownShells,
  onlyLastCounts,
  swallowedFailure,
  unguardedPostBuild,
  finallyBlock,
  overriddenVariable,
  reservedVariable,
  exportedVariable,
  missingBuildspec,
  artifactPaths,
  artifactsWithoutPlace,
  reportFiles,
  waitsForAnswer,
  missingLockFile,
  untrackedFile,
  scriptNotExecutable,
  dockerHub,
  credentialsInImageBuild,
  cacheExport,
  unpinnedCdk,
  noGitMetadata,
  noDockerignore,
  repositoryExists,
  missingRepository,
  immutableTag,
  unchangedTask,
  unusedImage,
  wrongArchitecture,
  rollbackTarget,
  parallelDeployments,
  deploysItself,
  synthesizedTwice,
  unknownService,
  twoOwners,
  healthCheckTool,
  unsetSetting,
  unsetBuildVariable,
  unwatchedBuild,
];

import type { Rule } from './rule';
import { unquotedColon } from './rules/unquoted-colon';
import { brokenBuildspec } from './rules/broken-buildspec';
import { forbiddenCharacter } from './rules/forbidden-character';
import { emptySection } from './rules/empty-section';
import { unknownRuntime } from './rules/unknown-runtime';
import { unknownRuntimeVersion } from './rules/unknown-runtime-version';
import { missingRuntime } from './rules/missing-runtime';
import { shortenedVersion } from './rules/shortened-version';
import { duplicateKey } from './rules/duplicate-key';
import { wrongFolder } from './rules/wrong-folder';
import { ownShells } from './rules/own-shells';
import { onlyLastCounts } from './rules/only-last-counts';
import { swallowedFailure } from './rules/swallowed-failure';
import { unguardedPostBuild } from './rules/unguarded-post-build';
import { finallyBlock } from './rules/finally-block';
import { overriddenVariable } from './rules/overridden-variable';
import { reservedVariable } from './rules/reserved-variable';
import { exportedVariable } from './rules/exported-variable';
import { missingBuildspec } from './rules/missing-buildspec';
import { artifactPaths } from './rules/artifact-paths';
import { artifactsWithoutPlace } from './rules/artifacts-without-place';
import { reportFiles } from './rules/report-files';
import { waitsForAnswer } from './rules/waits-for-answer';
import { missingLockFile } from './rules/missing-lock-file';
import { scriptNotExecutable } from './rules/script-not-executable';
import { dockerHub } from './rules/docker-hub';
import { credentialsInImageBuild } from './rules/credentials-in-image-build';
import { cacheExport } from './rules/cache-export';
import { unpinnedCdk } from './rules/unpinned-cdk';
import { noGitMetadata } from './rules/no-git-metadata';
import { noDockerignore } from './rules/no-dockerignore';
import { repositoryExists } from './rules/repository-exists';
import { missingRepository } from './rules/missing-repository';
import { immutableTag } from './rules/immutable-tag';
import { unchangedTask } from './rules/unchanged-task';
import { unusedImage } from './rules/unused-image';
import { wrongArchitecture } from './rules/wrong-architecture';
import { rollbackTarget } from './rules/rollback-target';
import { parallelDeployments } from './rules/parallel-deployments';
import { deploysItself } from './rules/deploys-itself';
import { synthesizedTwice } from './rules/synthesized-twice';
import { unknownService } from './rules/unknown-service';
import { twoOwners } from './rules/two-owners';
import { healthCheckTool } from './rules/health-check-tool';
import { unsetSetting } from './rules/unset-setting';
import { unsetBuildVariable } from './rules/unset-build-variable';
import { unwatchedBuild } from './rules/unwatched-build';

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

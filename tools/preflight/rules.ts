import type { Rule } from './rule';
import { artifactPaths } from './rules/artifact-paths';
import { artifactsWithoutPlace } from './rules/artifacts-without-place';
import { brokenBuildspec } from './rules/broken-buildspec';
import { cacheExport } from './rules/cache-export';
import { credentialsInImageBuild } from './rules/credentials-in-image-build';
import { dockerHub } from './rules/docker-hub';
import { duplicateKey } from './rules/duplicate-key';
import { emptySection } from './rules/empty-section';
import { forbiddenCharacter } from './rules/forbidden-character';
import { healthCheckTool } from './rules/health-check-tool';
import { immutableTag } from './rules/immutable-tag';
import { missingBuildspec } from './rules/missing-buildspec';
import { missingLockFile } from './rules/missing-lock-file';
import { missingRepository } from './rules/missing-repository';
import { missingRuntime } from './rules/missing-runtime';
import { noDockerignore } from './rules/no-dockerignore';
import { overriddenVariable } from './rules/overridden-variable';
import { ownShells } from './rules/own-shells';
import { reportFiles } from './rules/report-files';
import { repositoryExists } from './rules/repository-exists';
import { reservedVariable } from './rules/reserved-variable';
import { rollbackTarget } from './rules/rollback-target';
import { shortenedVersion } from './rules/shortened-version';
import { twoOwners } from './rules/two-owners';
import { unchangedTask } from './rules/unchanged-task';
import { unknownRuntime } from './rules/unknown-runtime';
import { unknownRuntimeVersion } from './rules/unknown-runtime-version';
import { unknownService } from './rules/unknown-service';
import { unquotedColon } from './rules/unquoted-colon';
import { unsetBuildVariable } from './rules/unset-build-variable';
import { unsetSetting } from './rules/unset-setting';
import { unusedImage } from './rules/unused-image';
import { wrongArchitecture } from './rules/wrong-architecture';

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
  ownShells,
  overriddenVariable,
  reservedVariable,
  missingBuildspec,
  artifactPaths,
  artifactsWithoutPlace,
  reportFiles,
  missingLockFile,
  dockerHub,
  credentialsInImageBuild,
  cacheExport,
  noDockerignore,
  repositoryExists,
  missingRepository,
  immutableTag,
  unchangedTask,
  unusedImage,
  wrongArchitecture,
  rollbackTarget,
  unknownService,
  twoOwners,
  healthCheckTool,
  unsetSetting,
  unsetBuildVariable,
];

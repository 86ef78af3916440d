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
import { ownShells } from './rules/own-shells';
import { overriddenVariable } from './rules/overridden-variable';
import { reservedVariable } from './rules/reserved-variable';
import { artifactPaths } from './rules/artifact-paths';
import { artifactsWithoutPlace } from './rules/artifacts-without-place';
import { reportFiles } from './rules/report-files';

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
  artifactPaths,
  artifactsWithoutPlace,
  reportFiles,
import { immutableTag } from './rules/immutable-tag';
import { missingRepository } from './rules/missing-repository';
import { repositoryExists } from './rules/repository-exists';
import { rollbackTarget } from './rules/rollback-target';
import { twoOwners } from './rules/two-owners';
import { unchangedTask } from './rules/unchanged-task';
import { unknownService } from './rules/unknown-service';
import { unusedImage } from './rules/unused-image';

/** Every rule, by id. */
export const RULES: readonly Rule[] = [
  repositoryExists,
  missingRepository,
  immutableTag,
  unchangedTask,
  unusedImage,
  rollbackTarget,
  unknownService,
  twoOwners,
];

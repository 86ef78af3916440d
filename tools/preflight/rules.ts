import type { Rule } from './rule';
import { artifactPaths } from './rules/artifact-paths';
import { artifactsWithoutPlace } from './rules/artifacts-without-place';
import { bootstrapDenied } from './rules/bootstrap-denied';
import { brokenBuildspec } from './rules/broken-buildspec';
import { bucketExists } from './rules/bucket-exists';
import { builtTwice } from './rules/built-twice';
import { cacheExport } from './rules/cache-export';
import { cacheOff } from './rules/cache-off';
import { confusedDeputy } from './rules/confused-deputy';
import { connectionDenied } from './rules/connection-denied';
import { credentialsInImageBuild } from './rules/credentials-in-image-build';
import { deploysItself } from './rules/deploys-itself';
import { diskFull } from './rules/disk-full';
import { dockerHub } from './rules/docker-hub';
import { dummyLookup } from './rules/dummy-lookup';
import { duplicateKey } from './rules/duplicate-key';
import { emptySection } from './rules/empty-section';
import { escalation } from './rules/escalation';
import { exportedVariable } from './rules/exported-variable';
import { finallyBlock } from './rules/finally-block';
import { forbiddenCharacter } from './rules/forbidden-character';
import { foreignServiceToken } from './rules/foreign-service-token';
import { githubTrust } from './rules/github-trust';
import { healthCheckTool } from './rules/health-check-tool';
import { immutableTag } from './rules/immutable-tag';
import { largePolicy } from './rules/large-policy';
import { largeVariables } from './rules/large-variables';
import { lifecycleDays } from './rules/lifecycle-days';
import { logGroupExists } from './rules/log-group-exists';
import { lookupDenied } from './rules/lookup-denied';
import { missingBuildspec } from './rules/missing-buildspec';
import { missingLockFile } from './rules/missing-lock-file';
import { missingPermission } from './rules/missing-permission';
import { missingRepository } from './rules/missing-repository';
import { missingRuntime } from './rules/missing-runtime';
import { noCommitStatus } from './rules/no-commit-status';
import { noDockerDaemon } from './rules/no-docker-daemon';
import { noDockerignore } from './rules/no-dockerignore';
import { noEnvironment } from './rules/no-environment';
import { noFirstImage } from './rules/no-first-image';
import { noGitMetadata } from './rules/no-git-metadata';
import { noSource } from './rules/no-source';
import { noSourceCredential } from './rules/no-source-credential';
import { notEmpty } from './rules/not-empty';
import { onlyLastCounts } from './rules/only-last-counts';
import { openTrust } from './rules/open-trust';
import { otherQualifier } from './rules/other-qualifier';
import { overriddenVariable } from './rules/overridden-variable';
import { ownShells } from './rules/own-shells';
import { parallelDeployments } from './rules/parallel-deployments';
import { parameterAccess } from './rules/parameter-access';
import { passedToService } from './rules/passed-to-service';
import { plaintextSecret } from './rules/plaintext-secret';
import { pullRequestPowers } from './rules/pull-request-powers';
import { pullRequestsDeploy } from './rules/pull-requests-deploy';
import { registryLogin } from './rules/registry-login';
import { reportFiles } from './rules/report-files';
import { repositoryExists } from './rules/repository-exists';
import { reservedVariable } from './rules/reserved-variable';
import { rollbackTarget } from './rules/rollback-target';
import { scriptNotExecutable } from './rules/script-not-executable';
import { secretInBuildspec } from './rules/secret-in-buildspec';
import { secretInImage } from './rules/secret-in-image';
import { sharedCache } from './rules/shared-cache';
import { shortenedVersion } from './rules/shortened-version';
import { staleLocalCache } from './rules/stale-local-cache';
import { swallowedFailure } from './rules/swallowed-failure';
import { synthesizedTwice } from './rules/synthesized-twice';
import { twoOwners } from './rules/two-owners';
import { unanchoredActor } from './rules/unanchored-actor';
import { unanchoredRef } from './rules/unanchored-ref';
import { unchangedTask } from './rules/unchanged-task';
import { unguardedPostBuild } from './rules/unguarded-post-build';
import { unknownRuntime } from './rules/unknown-runtime';
import { unknownRuntimeVersion } from './rules/unknown-runtime-version';
import { unknownService } from './rules/unknown-service';
import { unpinnedCdk } from './rules/unpinned-cdk';
import { unquotedColon } from './rules/unquoted-colon';
import { unscannedImages } from './rules/unscanned-images';
import { unseenRollback } from './rules/unseen-rollback';
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
  noSourceCredential,
  connectionDenied,
  unanchoredRef,
  unanchoredActor,
  pullRequestsDeploy,
  builtTwice,
  noSource,
  noCommitStatus,
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
  largeVariables,
  exportedVariable,
  missingBuildspec,
  artifactPaths,
  artifactsWithoutPlace,
  reportFiles,
  parameterAccess,
  noDockerDaemon,
  cacheOff,
  diskFull,
  waitsForAnswer,
  missingLockFile,
  untrackedFile,
  scriptNotExecutable,
  dockerHub,
  credentialsInImageBuild,
  staleLocalCache,
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
  registryLogin,
  bootstrapDenied,
  otherQualifier,
  dummyLookup,
  lookupDenied,
  noEnvironment,
  passedToService,
  parallelDeployments,
  deploysItself,
  logGroupExists,
  bucketExists,
  lifecycleDays,
  notEmpty,
  foreignServiceToken,
  plaintextSecret,
  synthesizedTwice,
  largePolicy,
  noFirstImage,
  unseenRollback,
  unknownService,
  twoOwners,
  healthCheckTool,
  unsetSetting,
  unsetBuildVariable,
  unwatchedBuild,
  missingPermission,
  pullRequestPowers,
  secretInBuildspec,
  secretInImage,
  escalation,
  confusedDeputy,
  openTrust,
  githubTrust,
  sharedCache,
  unscannedImages,
];

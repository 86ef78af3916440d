#!/usr/bin/env bash
# The stack makes the repositories. Should one have been deleted, it is made again with the same settings, so that a release
# does not wait for somebody who can deploy the stack.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# All images were found, so their repositories are there.
[[ -n $IMAGES_TO_BUILD ]] || exit 0

target="${TARGET_ACCOUNT:-}"
repositories=()
while read -r _ _ repository _; do repositories+=("$repository"); done < <(images)

exists() {
  local error
  error="$(aws ecr describe-repositories --repository-names "$@" --query 'repositories[].repositoryName' 2>&1 >/dev/null)" && return
  [[ $error == *RepositoryNotFoundException* ]] || fail "$error"
  return 1
}

! exists "${repositories[@]}" || exit 0
for repository in "${repositories[@]}"; do
  ! exists "$repository" || continue
  # A build may not say who pulls.
  [[ -z $target || $(registry) == "$target".* ]] ||
    fail "repository $repository is missing: make it again as an administrator, with the policy that lets account $target pull; the pipeline's stack has it"
  say "WARNING: repository $repository is missing; making it again. Deploy the pipeline's stack to see what else is."
  aws ecr create-repository --repository-name "$repository" \
    --image-scanning-configuration scanOnPush=true \
    --encryption-configuration encryptionType=AES256 \
    --image-tag-mutability IMMUTABLE_WITH_EXCLUSION \
    --image-tag-mutability-exclusion-filters 'filterType=WILDCARD,filter=latest*' 'filterType=WILDCARD,filter=content-*' \
    --tags "$RESOURCE_TAGS" >/dev/null
  aws ecr put-lifecycle-policy --repository-name "$repository" --lifecycle-policy-text "$ECR_LIFECYCLE_POLICY" >/dev/null
done

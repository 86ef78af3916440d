#!/usr/bin/env bash
# Prints the names of the images to build under IMAGE_TAG, separated by spaces: those that the registry does not have.
# Images of one release are of one commit: where some exist, the others are built only from the commit of those. A rollback
# builds none.
set -euo pipefail
source "$(dirname "$0")/common.sh"

commit="$CODEBUILD_RESOLVED_SOURCE_VERSION"
missing=()
foreign=()
while read -r name _ repository _; do
  digest="$(digest_of "$repository" "$IMAGE_TAG")"
  if [[ $digest == None ]]; then
    missing+=("$name")
  elif [[ $IMAGE_TAG != "$commit" ]]; then
    ours="$(digest_of "$repository" "$commit")"
    [[ $ours == "$digest" ]] || foreign+=("$name")
  fi
done < <(images)

if ((${#missing[@]} == 0)); then
  say "all images of $IMAGE_TAG are in the registry: they are deployed, nothing is built"
elif [[ ${ROLLBACK:-} == 1 ]]; then
  fail "ROLLBACK: the registry has no image $IMAGE_TAG of ${missing[*]}, and a rollback builds nothing; go back to another release, or start a build of this commit without ROLLBACK"
elif ((${#foreign[@]} > 0)); then
  fail "IMAGE_TAG $IMAGE_TAG: ${foreign[*]} exists from another commit, ${missing[*]} does not exist; take a new tag, or check out the commit of ${foreign[*]}"
elif [[ $IMAGE_TAG == latest* ]]; then
  fail "IMAGE_TAG $IMAGE_TAG: ${missing[*]} has no such image, and $IMAGE_TAG is only given to what runs; take another tag"
else
  say "to build under $IMAGE_TAG: ${missing[*]}"
fi
printf '%s\n' "${missing[*]}"

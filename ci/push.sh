#!/usr/bin/env bash
# Pushes what was built, and writes .artifacts/images.tsv: name, repository, image by digest, service, pushed or found.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# Tags are immutable. One that is there already came from another build of this commit; what the registry has is deployed.
push() {
  docker push "$1:$3" && return
  [[ $(digest_of "$2" "$3") == sha256:* ]] || fail "$1:$3 could not be pushed; the reason is above"
  say "$1:$3 is in the registry already: that one is deployed"
}

rows=()
while read -r -u 3 name _ repository service; do
  uri="$(registry)/$repository"
  how=found
  if is_built "$name"; then
    how=pushed
    push "$uri" "$repository" "$IMAGE_TAG"
    commit="$CODEBUILD_RESOLVED_SOURCE_VERSION"
    if [[ $IMAGE_TAG != "$commit" ]]; then
      known="$(digest_of "$repository" "$commit")"
      if [[ $known == None ]]; then
        docker tag "$uri:$IMAGE_TAG" "$uri:$commit"
        push "$uri" "$repository" "$commit"
      fi
    fi
  fi
  digest="$(digest_of "$repository" "$IMAGE_TAG")"
  [[ $digest == sha256:* ]] || fail "$uri:$IMAGE_TAG is not in the registry"
  rows+=("$name"$'\t'"$repository"$'\t'"$uri@$digest"$'\t'"$service"$'\t'"$how")
done 3< <(images)
printf '%s\n' "${rows[@]}" >"$ARTIFACTS/images.tsv"

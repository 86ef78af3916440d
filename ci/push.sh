#!/usr/bin/env bash
# Pushes what was built, and writes .artifacts/images.tsv: name, repository, image by digest, service, pushed or found, the
# digest of what runs, which is another where the image is an index of several platforms, and the commit that it was built
# of, or - where that is not known.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# Tags are immutable. One that is there already came from another build of this commit; what the registry has is deployed.
push() {
  docker push "$1:$3" && return
  [[ $(digest_of "$2" "$3") == sha256:* ]] || fail "$1:$3 could not be pushed; the reason is above"
  say "$1:$3 is in the registry already: that one is deployed"
}

# Reads a manifest, and tells what its image weighs in the registry. Of an index, it prints instead the digest of the one
# whose platform ECS runs.
weigh() {
  # shellcheck disable=SC2016
  node -e '
    const [image, most] = process.argv.slice(1);
    const { manifests, config, layers } = JSON.parse(require("fs").readFileSync(0, "utf8"));
    if (manifests) {
      const runs = manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === "amd64");
      if (runs) console.log(runs.digest);
      else console.error(`==> WARNING: no manifest of the image of ${image} is for linux/amd64; it is not weighed`);
    } else {
      const bytes = [config, ...layers].reduce((sum, { size }) => sum + size, 0);
      const megabytes = Math.round(bytes / 1e5) / 10;
      console.error(JSON.stringify({ mangoo: "image", image, megabytes }));
      if (most && megabytes > Number(most))
        console.error(`==> WARNING: the image of ${image} weighs ${megabytes} MB, its target is ${most} MB (maxSizeMB of the configuration)`);
    }
  ' -- "$1" "$2"
}

commit="$CODEBUILD_RESOLVED_SOURCE_VERSION"
rows=()
while read -r -u 3 name _ repository service most; do
  uri="$(registry)/$repository"
  how=found
  if is_built "$name"; then
    how=pushed
    push "$uri" "$repository" "$IMAGE_TAG"
    if [[ $IMAGE_TAG != "$commit" ]]; then
      known="$(digest_of "$repository" "$commit")"
      if [[ $known == None ]]; then
        docker tag "$uri:$IMAGE_TAG" "$uri:$commit"
        push "$uri" "$repository" "$commit"
      fi
    fi
  fi
  # Both in one call: each takes a second.
  stored="$(aws ecr batch-get-image --repository-name "$repository" --image-ids "imageTag=$IMAGE_TAG" \
    --query 'images[0].[imageId.imageDigest, imageManifest]' --output text)"
  digest="${stored%%$'\t'*}"
  [[ $digest == sha256:* ]] || fail "$uri:$IMAGE_TAG is not in the registry"
  runs="$(weigh "$name" "$most" <<<"${stored#*$'\t'}")"
  if [[ -n $runs ]]; then
    aws ecr batch-get-image --repository-name "$repository" --image-ids "imageDigest=$runs" \
      --query 'images[0].imageManifest' --output text | weigh "$name" "$most"
  fi
  from="$commit"
  # A tag of somebody's own does not say.
  if [[ $how == found && $IMAGE_TAG != "$commit" ]]; then
    known="$(digest_of "$repository" "$commit")"
    [[ $known == "$digest" ]] || from=-
  fi
  rows+=("$name"$'\t'"$repository"$'\t'"$uri@$digest"$'\t'"$service"$'\t'"$how"$'\t'"${runs:-$digest}"$'\t'"$from")
done 3< <(images)
printf '%s\n' "${rows[@]}" >"$ARTIFACTS/images.tsv"

#!/usr/bin/env bash
# Makes an image what its release needs: pushed or found, tagged, weighed: push-image.sh NAME ROW. ROW is a file, which gets the
# image's row of images.tsv at the very end.
set -euo pipefail
source "$(dirname "$0")/common.sh"

name=$1
row=$2
read -r _ _ repository service most < <(images | awk -v name="$name" '$1 == name')
IFS=$'\t' read -r what digest content < <(
  awk -F '\t' -v OFS='\t' -v name="$name" '$1 == name { print $2, $3, $4; there = 1 } END { if (!there) print "unknown" }' "$ARTIFACTS/plan.tsv"
)
commit="$CODEBUILD_RESOLVED_SOURCE_VERSION"
uri="$(registry)/$repository"
manifest="$ARTIFACTS/manifests/$name.json"
mkdir -p "${manifest%/*}"
work="$(mktemp -d)"
trap 'rm -r "$work"' EXIT

# Tags are immutable. One that is there already came from another build of this commit; what the registry has is deployed.
push() {
  retry "$work/said" docker push "$uri:$IMAGE_TAG" && return
  [[ $(digest_of "$repository" "$IMAGE_TAG") == sha256:* ]] || fail "$uri:$IMAGE_TAG could not be pushed; the reason is above"
  say "$uri:$IMAGE_TAG is in the registry already: that one is deployed"
}

# Gives the image one more tag. One that another build has given meanwhile stays where it is.
tag() {
  taken="$(give_tag "$repository" "$digest" "$manifest" "$1")"
  [[ -z $taken ]] || say "$uri:$1 is in the registry already, as another image: that one keeps it"
}

# Reads a manifest, and tells what its image weighs in the registry. Prints three cells, each of which may be -: of an index, the
# digest of the one whose platform ECS runs; and the commit and the build that the image was built of and by, where the record of
# the live release has it.
look_at() {
  # shellcheck disable=SC2016
  node -e '
    const { existsSync, readFileSync } = require("fs");
    const [image, most, digest, record] = process.argv.slice(1);
    const { manifests, config, layers } = JSON.parse(readFileSync(0, "utf8"));
    let runs;
    if (manifests) {
      runs = manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === "amd64")?.digest;
      if (!runs) console.error(`==> WARNING: no manifest of the image of ${image} is for linux/amd64; it is not weighed`);
    } else {
      const bytes = [config, ...layers].reduce((sum, { size }) => sum + size, 0);
      const megabytes = Math.round(bytes / 1e5) / 10;
      console.error(JSON.stringify({ mangoo: "image", image, megabytes }));
      if (most && megabytes > Number(most))
        console.error(`==> WARNING: the image of ${image} weighs ${megabytes} MB, its target is ${most} MB (maxSizeMB of the configuration)`);
    }
    let release = {};
    try {
      if (existsSync(record)) release = JSON.parse(readFileSync(record, "utf8")) ?? {};
    } catch {
      // Not known by it, then.
    }
    const live = release.images?.[image];
    const known = live?.digest === digest && live.from;
    const origin = known ? [live.from, live.built ? release.build : live.builtBy] : [];
    console.log([runs, origin[0], origin[1]].map((one) => (/^[\w:.-]+$/.test(one ?? "") ? one : "-")).join("\t"));
  ' -- "$name" "$most" "$digest" "$ARTIFACTS/live.json"
}

# Prints the commit and the build that the image was built of and by, as far as its own labels say.
labels() {
  local config
  # A build that has built an image is logged in. Several may log in at once: docker puts a new config.json in the place of the old.
  if { [[ -n $IMAGES_TO_BUILD ]] || log_in >&2; } && config="$(docker buildx imagetools inspect "$uri@$digest" --format '{{json .Image}}')"; then
    node -e '
      const parsed = (text) => {
        try {
          return JSON.parse(text) ?? {};
        } catch {
          return {};
        }
      };
      const image = parsed(process.argv[1]);
      // Of an index, one for each platform.
      const labels = [image, ...Object.values(image)].find((one) => one?.config)?.config.Labels ?? {};
      const told = [labels["org.opencontainers.image.revision"], labels["mangoo.build"]];
      console.log(told.map((one) => (/^[\w:.-]+$/.test(one ?? "") ? one : "-")).join("\t"));
    ' -- "$config"
  else
    say "WARNING: of which commit $uri@$digest was built is not known; the reason is above"
    printf -- '-\t-\n'
  fi
}

how=found
taken=
case $what in
  build)
    push
    how=pushed
    ;;
  unchanged) tag "$IMAGE_TAG" ;;
  found) ;;
  *) fail "ci/plan.sh has not said what to do with the image of $name" ;;
esac
if [[ $what == build || -n $taken ]]; then
  digest="$(manifest_of "$repository" "imageTag=$IMAGE_TAG" "$manifest")"
  [[ $digest == sha256:* ]] || fail "$uri:$IMAGE_TAG is not in the registry"
fi
seen="$(look_at <"$manifest")"
IFS=$'\t' read -r runs of by <<<"$seen"
if [[ $runs != - ]]; then
  manifest_of "$repository" "imageDigest=$runs" "$work/runs.json" >/dev/null
  look_at <"$work/runs.json" >/dev/null
else
  runs=$digest
fi
if [[ $what == build ]]; then
  of=$commit
  by=$CODEBUILD_BUILD_ID
elif [[ $of == - ]]; then
  seen="$(labels)"
  IFS=$'\t' read -r of by <<<"$seen"
fi
# So that it can be traced. The image that has the commit's tag already keeps it.
[[ $what == found || $IMAGE_TAG == "$commit" ]] || tag "$commit"
# Last: whatever is found by its content has been tested, built and pushed.
[[ $what != build ]] || tag "$content"
printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$repository" "$uri@$digest" "$service" "$how" "$runs" "$of" "$by" >"$row"

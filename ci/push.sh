#!/usr/bin/env bash
# Pushes what was built, gives what was found this build's tag, and writes .artifacts/images.tsv: name, repository, image by digest,
# service, pushed or found, the digest of what runs, which is another where the image is an index of several platforms, and the
# commit and the build that it was built of and by, or - where that is not known.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# Tags are immutable. One that is there already came from another build of this commit; what the registry has is deployed.
push() {
  retry "$work/${2//\//-}.said" docker push "$1:$3" && return
  [[ $(digest_of "$2" "$3") == sha256:* ]] || fail "$1:$3 could not be pushed; the reason is above"
  say "$1:$3 is in the registry already: that one is deployed"
}

# Prints the commit and the build that an image was built of and by, as far as it is known: by the record of the live release, or
# by its own labels.
origin() {
  local name=$1 image=$2 config=
  # shellcheck disable=SC2016
  local read_origin='
    const fs = require("fs");
    const [name, digest, file, config] = process.argv.slice(1);
    const parsed = (text) => {
      try {
        return JSON.parse(text) ?? {};
      } catch {
        return {};
      }
    };
    const tell = (...told) => console.log(told.map((one) => (/^[\w:.-]+$/.test(one ?? "") ? one : "-")).join("\t"));
    if (config) {
      const image = parsed(config);
      // Of an index, one for each platform.
      const labels = [image, ...Object.values(image)].find((one) => one?.config)?.config.Labels ?? {};
      tell(labels["org.opencontainers.image.revision"], labels["mangoo.build"]);
    } else {
      const { build, images } = fs.existsSync(file) ? parsed(fs.readFileSync(file, "utf8")) : {};
      const live = images?.[name];
      if (live?.digest === digest && live.from) tell(live.from, live.built ? build : live.builtBy);
    }
  '
  local known
  known="$(node -e "$read_origin" -- "$name" "${image#*@}" "$ARTIFACTS/live.json" '')"
  if [[ -z $known ]]; then
    if log_in >&2 && config="$(docker buildx imagetools inspect "$image" --format '{{json .Image}}')"; then
      known="$(node -e "$read_origin" -- "$name" '' '' "$config")"
    else
      say "WARNING: of which commit $image was built is not known; the reason is above"
      known=$'-\t-'
    fi
  fi
  printf '%s\n' "$known"
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

mkdir -p "$ARTIFACTS/manifests"
commit="$CODEBUILD_RESOLVED_SOURCE_VERSION"
work="$(mktemp -d)"
trap 'rm -r "$work"' EXIT

# Makes an image what its release needs: pushed or found, tagged, weighed. Writes its row.
deliver() {
  local name=$1 repository=$2 service=$3 most=$4 what=$5 known=$6 content=$7
  local uri manifest="$ARTIFACTS/manifests/$name.json" digest=$known runs how=found from taken
  uri="$(registry)/$repository"

  # Gives the image one more tag. One that another build has given meanwhile stays where it is.
  tag() {
    taken="$(give_tag "$repository" "$digest" "$manifest" "$1")"
    [[ -z $taken ]] || say "$uri:$1 is in the registry already, as another image: that one keeps it"
  }

  case $what in
    build) push "$uri" "$repository" "$IMAGE_TAG" ;;
    unchanged) tag "$IMAGE_TAG" ;;
    found) ;;
    *) fail "ci/plan.sh has not said what to do with the image of $name" ;;
  esac
  if [[ $what == build || -n ${taken:-} ]]; then
    digest="$(manifest_of "$repository" "imageTag=$IMAGE_TAG" "$manifest")"
    [[ $digest == sha256:* ]] || fail "$uri:$IMAGE_TAG is not in the registry"
  fi
  runs="$(weigh "$name" "$most" <"$manifest")"
  if [[ -n $runs ]]; then
    manifest_of "$repository" "imageDigest=$runs" "$work/$name.json" >/dev/null
    weigh "$name" "$most" <"$work/$name.json"
  fi
  if [[ $what == build ]]; then
    how=pushed
    from="$commit"$'\t'"$CODEBUILD_BUILD_ID"
  else
    from="$(origin "$name" "$uri@$digest")"
  fi
  # So that it can be traced. The image that has the commit's tag already keeps it.
  [[ $what == found || $IMAGE_TAG == "$commit" ]] || tag "$commit"
  # Last: whatever is found by its content has been tested, built and pushed.
  [[ $what != build ]] || tag "$content"
  printf '%s\t' "$name" "$repository" "$uri@$digest" "$service" "$how" "${runs:-$digest}" >"$work/$name.row"
  printf '%s\n' "$from" >>"$work/$name.row"
}

pids=()
names=()
while read -r -u 3 name _ repository service most; do
  IFS=$'\t' read -r what known content < <(
    awk -F '\t' -v OFS='\t' -v name="$name" '$1 == name { print $2, $3, $4; there = 1 } END { if (!there) print "unknown" }' "$ARTIFACTS/plan.tsv"
  )
  names+=("$name")
  if [[ $what == build ]]; then
    deliver "$name" "$repository" "$service" "$most" "$what" "$known" "$content"
  else
    # Nothing but short questions, each of which waits for its answer.
    deliver "$name" "$repository" "$service" "$most" "$what" "$known" "$content" &
    pids+=($!)
  fi
done 3< <(images)
for pid in "${pids[@]}"; do wait "$pid"; done
for name in "${names[@]}"; do cat "$work/$name.row"; done >"$ARTIFACTS/images.tsv"

#!/usr/bin/env bash
# Builds the image of everything that is built, labelled with where it comes from, and stores the source of what is not compiled;
# given names, of these alone.
set -euo pipefail
source "$(dirname "$0")/common.sh"

commit="$CODEBUILD_RESOLVED_SOURCE_VERSION"
created="$(git log -1 --format=%cI)"

# A layer is what a command made of the world at its time, which is what REBUILD=1 is to make anew.
fresh=()
[[ ${REBUILD:-} != 1 ]] || fresh=(--no-cache)

# See builder.sh.
layer_cache="${LAYER_CACHE:-}"
[[ -z $layer_cache ]] || writes_to_registry || layer_cache=

progress="$(mktemp)"
trap 'rm -f "$progress"' EXIT

# Prints how many of a Dockerfile's steps BuildKit took from its cache, and how many there are. A step is announced again
# after the output of another; FROM is none, since whether it says CACHED depends on where the image lies.
cached_steps() {
  awk '
    /^#[0-9]+ \[([^]]* )?[0-9]+\/[0-9]+\] / && !/\] FROM / && !($1 in steps) { steps[$1] = 1; lookups++ }
    /^#[0-9]+ CACHED/ && ($1 in steps) { hits++ }
    END { print hits + 0, lookups + 0 }
  ' "$progress"
}

# Not the standard input: docker must not read the names of the others.
while read -r -u 3 name context repository _; do
  if is_python "$context"; then
    mkdir -p "$ARTIFACTS/$name"
    # As committed: neither .venv nor caches.
    git archive HEAD "$context" | tar -x -C "$ARTIFACTS/$name" --strip-components="$(awk -F/ '{ print NF }' <<<"${context#./}")"
  fi
  say "building the image of $name"
  # By its base images as they are now, not as this host may have them still: that is what its content tag says.
  options=(--progress=plain --pull "${fresh[@]}"
    --label "org.opencontainers.image.revision=$commit"
    --label "org.opencontainers.image.source=$(repository_url)"
    --label "org.opencontainers.image.created=$created"
    --label "org.opencontainers.image.version=$IMAGE_TAG"
    --label "mangoo.build=$CODEBUILD_BUILD_ID"
    --tag "$(registry)/$repository:$IMAGE_TAG")
  built=
  if [[ -n $layer_cache ]]; then
    layers="type=registry,ref=$(registry)/$layer_cache:$name"
    # What cannot be read is a line of the log.
    cache=(--cache-to "$layers,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true")
    ((${#fresh[@]} > 0)) || cache+=(--cache-from "$layers")
    # `docker build` would take Docker's own builder, whichever is selected; others give an image back only when they are told to.
    # https://docs.docker.com/build/builders/#difference-between-docker-build-and-docker-buildx-build
    if retry "$progress" docker buildx build --load "${cache[@]}" "${options[@]}" "$context"; then
      built=1
    else
      status=$?
      # A command of the Dockerfile fails without the cache as well.
      [[ $(reason_of "$progress") != *'did not complete successfully'* ]] || exit "$status"
      say "WARNING: the image of $name was not built with the layers in $layer_cache; the reason is above. Without them:"
    fi
  fi
  [[ -n $built ]] || retry "$progress" docker build "${options[@]}" "$context"
  read -r hits lookups < <(cached_steps)
  printf '{"mangoo":"cache","cache":"docker","hits":%d,"lookups":%d}\n' "$hits" "$lookups" >&2
done 3< <(built_images "$@")

#!/usr/bin/env bash
# Compiles what has a build script, and builds the images, labelled with where they come from.
set -euo pipefail
source "$(dirname "$0")/common.sh"

commit="$CODEBUILD_RESOLVED_SOURCE_VERSION"
created="$(git log -1 --format=%cI)"

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

# Not the standard input: a compiler that reads its own would take the other images with it.
while read -r -u 3 name context repository _; do
  is_built "$name" || continue
  mkdir -p "$ARTIFACTS/$name"
  if is_python "$context"; then
    # As committed: neither .venv nor caches.
    git archive HEAD "$context" | tar -x -C "$ARTIFACTS/$name" --strip-components="$(awk -F/ '{ print NF }' <<<"${context#./}")"
  else
    say "compiling $name"
    (cd "$context" && npm run build --if-present)
    [[ ! -d $context/dist ]] || cp -R "$context/dist" "$ARTIFACTS/$name/"
  fi
  say "building the image of $name"
  # By its base images as they are now, not as this host may have them still: that is what its content tag says.
  docker build --progress=plain --pull \
    --label "org.opencontainers.image.revision=$commit" \
    --label "org.opencontainers.image.source=$(repository_url)" \
    --label "org.opencontainers.image.created=$created" \
    --label "org.opencontainers.image.version=$IMAGE_TAG" \
    --label "mangoo.build=$CODEBUILD_BUILD_ID" \
    --tag "$(registry)/$repository:$IMAGE_TAG" \
    "$context" 2>&1 | tee "$progress"
  read -r hits lookups < <(cached_steps)
  printf '{"mangoo":"cache","cache":"docker","hits":%d,"lookups":%d}\n' "$hits" "$lookups" >&2
done 3< <(images)

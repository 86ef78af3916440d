#!/usr/bin/env bash
# Compiles what has a build script, and builds the images, labelled with where they come from.
set -euo pipefail
source "$(dirname "$0")/common.sh"

commit="$CODEBUILD_RESOLVED_SOURCE_VERSION"
created="$(git log -1 --format=%cI)"

while read -r name context repository _; do
  is_built "$name" || continue
  if [[ -f $context/package.json ]]; then
    say "compiling $name"
    (cd "$context" && npm run build)
    mkdir -p "$ARTIFACTS/$name"
    cp -R "$context/dist" "$ARTIFACTS/$name/"
  else
    mkdir -p "$ARTIFACTS/$name"
    # As committed: neither .venv nor caches.
    git archive HEAD "$context" | tar -x -C "$ARTIFACTS/$name" --strip-components="$(awk -F/ '{ print NF }' <<<"${context#./}")"
  fi
  say "building the image of $name"
  docker build \
    --label "org.opencontainers.image.revision=$commit" \
    --label "org.opencontainers.image.source=${CODEBUILD_SOURCE_REPO_URL%.git}" \
    --label "org.opencontainers.image.created=$created" \
    --tag "$(registry)/$repository:$IMAGE_TAG" \
    "$context"
done < <(images)

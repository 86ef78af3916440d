#!/usr/bin/env bash
# Compiles what has a build script, and builds the images, labelled with where they come from.
set -euo pipefail
source "$(dirname "$0")/common.sh"

commit="$CODEBUILD_RESOLVED_SOURCE_VERSION"
created="$(git log -1 --format=%cI)"

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
  docker build \
    --label "org.opencontainers.image.revision=$commit" \
    --label "org.opencontainers.image.source=${CODEBUILD_SOURCE_REPO_URL%.git}" \
    --label "org.opencontainers.image.created=$created" \
    --tag "$(registry)/$repository:$IMAGE_TAG" \
    "$context"
done 3< <(images)

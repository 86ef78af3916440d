#!/usr/bin/env bash
# Compiles everything that is built and has a build script, and stores what came of it; given names, these alone.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# Not the standard input: a compiler that reads its own would take the other images with it.
while read -r -u 3 name context _; do
  ! is_python "$context" || continue
  say "compiling $name"
  (cd "$context" && npm run build --if-present)
  if [[ -d $context/dist ]]; then
    mkdir -p "$ARTIFACTS/$name"
    cp -R "$context/dist" "$ARTIFACTS/$name/"
  fi
done 3< <(built_images "$@")

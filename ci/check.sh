#!/usr/bin/env bash
# What a pull request is checked for besides its tests: everything compiles, and the application synthesizes. Its builds have
# neither Docker nor a registry, so images are only seen to have a Dockerfile, and stand in the template by a digest of nothing.
set -euo pipefail
source "$(dirname "$0")/common.sh"

unbuilt=()
missing=()
while read -r name folder repository _; do
  [[ -f $folder/Dockerfile ]] || missing+=("$folder/Dockerfile is missing: the image of $name is built by it")
  unbuilt+=("$name=$(registry)/$repository@sha256:$(printf '0%.0s' {1..64})")
done < <(images)
((${#missing[@]} == 0)) || fail "${missing[@]}"

ci/compile.sh
synthesize "${unbuilt[@]}"
say "no image was built: that takes Docker, which is for pushes only"

#!/usr/bin/env bash
# Prints the tag of this build's images: IMAGE_TAG where start-build gave one, else the commit.
set -euo pipefail
source "$(dirname "$0")/common.sh"

tag="${IMAGE_TAG:-$CODEBUILD_RESOLVED_SOURCE_VERSION}"
[[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] ||
  fail "IMAGE_TAG: expected a tag of letters, digits, _ . and -, got '$tag'"
printf '%s\n' "$tag"

#!/usr/bin/env bash
# Prints the pushed image of a name, by digest: ci/image-uri.sh backend. Nothing where the project has no such image. Without a
# name, prints all: name=image, separated by spaces.
set -euo pipefail
source "$(dirname "$0")/common.sh"

[[ -s $ARTIFACTS/images.tsv ]] || fail "there is no $ARTIFACTS/images.tsv: nothing was pushed"
if (($# > 0)); then
  awk -F '\t' -v name="$1" '$1 == name { print $3 }' "$ARTIFACTS/images.tsv"
else
  awk -F '\t' '{ printf "%s%s=%s", separator, $1, $3; separator = " " } END { print "" }' "$ARTIFACTS/images.tsv"
fi

#!/usr/bin/env bash
# Prints the pushed image of a name, by digest: ci/image-uri.sh backend
set -euo pipefail
source "$(dirname "$0")/common.sh"

uri="$(awk -F '\t' -v name="$1" '$1 == name { print $3 }' "$ARTIFACTS/images.tsv")"
[[ -n $uri ]] || fail "there is no image named '$1' among IMAGES: $IMAGES"
printf '%s\n' "$uri"

#!/usr/bin/env bash
# Pushes what was built, gives what was found this build's tag, all side by side, and writes .artifacts/images.tsv: name, repository,
# image by digest, service, pushed or found, the digest of what runs, which is another where the image is an index of several
# platforms, and the commit and the build that it was built of and by, or - where that is not known.
set -euo pipefail
source "$(dirname "$0")/common.sh"

rows="$(mktemp -d)"
trap 'rm -r "$rows"' EXIT

# More of them than there are cores: each waits for the registry most of the time.
while read -r name _; do
  step "push $name" - ci/push-image.sh "$name" "$rows/$name"
done < <(images) | STEPS_AT_ONCE="${STEPS_AT_ONCE:-8}" side_by_side
while read -r name _; do cat "$rows/$name"; done < <(images) >"$ARTIFACTS/images.tsv"

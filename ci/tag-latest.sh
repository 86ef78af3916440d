#!/usr/bin/env bash
# Moves `latest` (`latest-dev`…) to what now runs. The manifest gets one more tag; nothing is pulled or pushed.
set -euo pipefail
source "$(dirname "$0")/common.sh"

manifest="$(mktemp)"
trap 'rm -f "$manifest"' EXIT

while IFS=$'\t' read -r _ repository uri _; do
  digest="${uri#*@}"
  aws ecr batch-get-image --repository-name "$repository" --image-ids "imageDigest=$digest" \
    --query 'images[0].imageManifest' --output text >"$manifest"
  # The text output ends with a line feed that is no part of the manifest: with it, the digest would be another.
  truncate --size=-1 "$manifest"
  if ! error="$(aws ecr put-image --repository-name "$repository" --image-tag "$DEPLOYED_TAG" \
    --image-manifest "file://$manifest" --query image.imageId.imageDigest --output text 2>&1 >/dev/null)"; then
    [[ $error == *ImageAlreadyExistsException* ]] || fail "$error"
  fi
  say "$repository:$DEPLOYED_TAG is $digest"
done <"$ARTIFACTS/images.tsv"

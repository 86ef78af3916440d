#!/usr/bin/env bash
# Moves `latest` (`latest-dev`…) to what now runs.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# Those of this build are there; those that another step of a release has built are not.
mkdir -p "$ARTIFACTS/manifests"

move() {
  local repository=$1 digest=$2 manifest="$ARTIFACTS/manifests/$3.json" taken
  [[ -s $manifest ]] || manifest_of "$repository" "imageDigest=$digest" "$manifest" >/dev/null
  taken="$(give_tag "$repository" "$digest" "$manifest" "$DEPLOYED_TAG")"
  [[ -z $taken ]] || fail "$repository:$DEPLOYED_TAG cannot be moved: deploy the pipeline's stack, whose repositories except it from immutability"
  say "$repository:$DEPLOYED_TAG is $digest"
}

pids=()
while IFS=$'\t' read -r name repository uri _; do
  move "$repository" "${uri#*@}" "$name" &
  pids+=($!)
done <"$ARTIFACTS/images.tsv"
for pid in "${pids[@]}"; do wait "$pid"; done

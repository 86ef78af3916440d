#!/usr/bin/env bash
# Decides what this build has to do, and says why, before it does anything. An image is built only when the registry has none
# of its content; what is found gets this build's tag, and is neither installed, tested nor built. Prints the names of the images
# to build, separated by spaces, and writes
#   .artifacts/plan.tsv: name, build, unchanged (found by its content) or found (by the tag), its digest or -, the tag of its
#   content or - where that was not looked up, and why;
#   .artifacts/manifests/NAME.json: the manifest of each that was found;
#   .artifacts/live.json: the record of the release that is live (of a rollback, until turn.sh, of the one that it goes back to), and
#   .artifacts/deployment.tsv: see decide_deployment. Neither in a release, whose steps deploy what others have built.
# REBUILD=1 builds and deploys everything. A rollback builds nothing, and deploys the templates of its release (of ROLLBACK_TO, the id
# of its build, where that is given) where they are recorded.
set -euo pipefail
source "$(dirname "$0")/common.sh"

IMAGE_TAG="$(image_tag)"
export IMAGE_TAG
live="$ARTIFACTS/live.json"
work="$(mktemp -d)"
# What is still asked writes there.
trap 'wait; rm -r "$work"' EXIT

# Meanwhile.
look_at_what_is_live() {
  if [[ ${ROLLBACK:-} == 1 ]]; then
    recorded_releases "$work/releases.json"
  else
    live_release "$live"
    # Without a record there is nothing to compare them with.
    [[ ! -s $live ]] || describe_stacks "$work/stacks.json"
  fi
}
asked=
if [[ -n ${RELEASE_PARAMETER:-} ]]; then
  look_at_what_is_live &
  asked=$!
fi

# Base images in the account's own registry have a digest for those alone who are logged in.
while read -r _ context _; do
  [[ -f $context/Dockerfile ]] || continue
  if [[ $(<"$context/Dockerfile") == *"$(registry)/"* ]]; then
    log_in >&2
    break
  fi
done < <(images)
images | node ci/plan.mjs images "$ARTIFACTS"
to_build="$(awk -F '\t' '$2 == "build" { printf "%s%s", separator, $1; separator = " " }' "$ARTIFACTS/plan.tsv")"

if [[ -n $asked ]]; then
  wait "$asked"
  if [[ ${ROLLBACK:-} == 1 ]]; then
    node ci/plan.mjs rollback "$work/releases.json" "$ARTIFACTS"
  elif [[ -n $to_build ]]; then
    printf 'deploy\t-\tthere are images to build\n' >"$ARTIFACTS/deployment.tsv"
  else
    while read -r name _ repository _; do
      digest="$(awk -F '\t' -v name="$name" '$1 == name { print $3 }' "$ARTIFACTS/plan.tsv")"
      printf '%s\t%s\n' "$name" "$(registry)/$repository@$digest"
    done < <(images) >"$work/found"
    : >>"$work/stacks.json"
    decide_deployment "$work/found" "$live" "$work/stacks.json"
  fi
fi
printf '%s\n' "$to_build"

#!/usr/bin/env bash
# Lets one build deploy at a time, and the newest win: waits for older ones that have begun, and for a stack that still changes
# after a build that was stopped; stops this build when there is a newer one. There is no lock: builds see each other in
# CodeBuild's own list, so one that crashes or is stopped holds nobody up.
set -euo pipefail
source "$(dirname "$0")/common.sh"

id="${CODEBUILD_BUILD_ARN##*:build/}"
poll_seconds="${TURN_POLL_SECONDS:-10}"
seen="$(mktemp -d)"
# What is still asked writes there.
trap 'wait; rm -rf "$seen"' EXIT

# Writes number, state, phase, minutes of the timeout and beginning of the project's builds, newest first, as far back as one may
# still be going on. The order is the default; asked for, it is an error as soon as the project has more than 100 builds.
# https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ListBuildsForProject.html
look_at_builds() {
  local listed token=None ids page more=()
  : >"$seen/builds.tsv"
  while :; do
    listed="$(aws codebuild list-builds-for-project --project-name "${id%%:*}" --no-paginate "${more[@]}" \
      --query "[nextToken, join(' ', ids)]" --output text)"
    IFS=$'\t' read -r token ids <<<"$listed"
    # Several ids.
    # shellcheck disable=SC2086
    page="$(aws codebuild batch-get-builds --ids $ids --output text --query \
      "builds[].[buildNumber, buildStatus, currentPhase, timeoutInMinutes, phases[?phaseType=='PROVISIONING'] | [0].startTime]")"
    printf '%s\n' "$page" >>"$seen/builds.tsv"
    [[ $token != None ]] || break
    [[ $page == *$'\tIN_PROGRESS\t'* ]] || ! grep -q "^$CODEBUILD_BUILD_NUMBER"$'\t' "$seen/builds.tsv" || break
    more=(--next-token "$token")
  done
}

# The stop comes from outside, some moments after CodeBuild was asked for it; until then, no later command may run.
stop_this_build() {
  printf '{"mangoo":"superseded","by":%d}\n' "$1" >&2
  say "superseded by build $1: this build stops itself, and deploys nothing"
  aws codebuild stop-build --id "$id" --query build.buildStatus --output text >/dev/null
  for _ in {1..12}; do sleep "$poll_seconds"; done
  fail "superseded by build $1; CodeBuild was asked to stop this build and has not done it"
}

told=
tell_again=0
while :; do
  # The builds first: when all older ones have ended, what is seen of stacks and release is what they left.
  look_at_builds
  describe_stacks "$seen/stacks.json" &
  stacks=$!
  live_release "$seen/live.json"
  wait "$stacks"
  decided="$(node ci/turn.mjs "$seen" "$CODEBUILD_BUILD_NUMBER" "$CODEBUILD_RESOLVED_SOURCE_VERSION" "${ROLLBACK:-}")"
  read -r verdict reason <<<"$decided"
  case $verdict in
    go)
      [[ -z $reason ]] || say "$reason"
      # For the deployment, which nobody else's comes before now.
      cp "$seen/live.json" "$seen/stacks.json" "$ARTIFACTS"
      exit 0
      ;;
    superseded) stop_this_build "$reason" ;;
    refused) fail "$reason" ;;
    wait)
      if [[ $reason != "$told" ]] || ((SECONDS >= tell_again)); then
        say "waiting for $reason"
        told="$reason"
        tell_again=$((SECONDS + 60))
      fi
      sleep "$poll_seconds"
      ;;
    *) fail "ci/turn.mjs gave no verdict, but '$decided'" ;;
  esac
done

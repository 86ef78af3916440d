#!/usr/bin/env bash
# Ends well only when every service is steady and every task runs the pushed digest. A service that the deployment has not
# rolled is forced to deploy anew, once; others are left alone.
set -euo pipefail
source "$(dirname "$0")/common.sh"

poll_seconds="${ROLLOUT_POLL_SECONDS:-10}"
timeout_seconds="${ROLLOUT_TIMEOUT_SECONDS:-1200}"

go_to_target_region
take_rollout_role

declare -A digests=()
services=()
while IFS=$'\t' read -r _ _ uri service _; do
  digests[$service]="${uri#*@}"
  services+=("$service")
done <"$ARTIFACTS/images.tsv"

work="$(mktemp -d)"
# What is still asked has nobody to answer to.
trap 'wait; rm -r "$work"' EXIT

# Asks about words, so many in one call, four calls at a time: ask MOST QUESTION WORD… Prints the answers in the words' order; or
# else why the first that failed has none, and fails: the others would say the same.
ask() {
  local most=$1 question=$2 answers i status pids
  shift 2
  answers="$(mktemp -d "$work/ask-XXXXXX")"
  while (($# > 0)); do
    pids=()
    for i in 1 2 3 4; do
      (($# > 0)) || break
      "$question" "${@:1:most}" >"$answers/$i" 2>"$answers/$i.said" &
      pids[i]=$!
      shift "$(($# < most ? $# : most))"
    done
    for i in "${!pids[@]}"; do
      status=0
      wait "${pids[i]}" || status=$?
      cat "$answers/$i.said" >&2
      ((status == 0)) || return "$status"
      cat "$answers/$i"
    done
  done
}

# Prints "SERVICE ROLLOUT DEPLOYMENTS TASK_DEFINITION RUNNING" for each of these services.
rollouts() {
  aws ecs describe-services --cluster "$ECS_CLUSTER" --services "$@" \
    --query "services[?status=='ACTIVE'].[serviceName, deployments[?status=='PRIMARY'] | [0].rolloutState, length(deployments), deployments[?status=='PRIMARY'] | [0].taskDefinition, runningCount]" --output text
}

# Prints the ARNs of the cluster's tasks, those of other services too, or None: one question, however many services there are.
listed() { aws ecs list-tasks --cluster "$ECS_CLUSTER" --query 'taskArns' --output text; }

# Prints "service:NAME DESIRED_STATUS STATUS DIGESTS" for each of these tasks.
tasks() {
  aws ecs describe-tasks --cluster "$ECS_CLUSTER" --tasks "$@" \
    --query "tasks[].[group, desiredStatus, lastStatus, join(',', containers[?imageDigest].imageDigest)]" --output text
}

# What the tasks of the service run: pushed, other, or starting while one of them runs nothing yet; ending where one is not to run
# any more, so that there may be others in its place; none where there are none.
runs() {
  local service=$1 group desired status found what=none
  while IFS=$'\t' read -r group desired status found; do
    [[ $group == "service:$service" ]] || continue
    if [[ $desired != RUNNING ]]; then
      what=ending
      break
    elif [[ $status != RUNNING ]]; then
      what=starting
      break
    elif [[ ",$found," != *",${digests[$service]},"* ]]; then
      what=other
      break
    fi
    what=pushed
  done <<<"$running"
  printf '%s' "$what"
}

forced=" "
: >"$ARTIFACTS/services.tsv"
while ((${#services[@]} > 0)); do
  # The tasks are listed while the services are looked at, and described after both, which is what counts: a task that is still
  # to run then is of the one deployment that a steady service had, and so is any that the list was too early for. Of a service
  # that went back meanwhile, or moved on, the listed tasks are ending by then, or none was listed of those that run: it is
  # looked at again, at once.
  # The most that one call takes: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
  # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
  listed >"$work/listed" 2>"$work/listing" &
  listing=$!
  states="$(ask 10 rollouts "${services[@]}")"
  for service in "${services[@]}"; do
    # Before what list-tasks says of one that is not there.
    [[ $'\n'$states == *$'\n'"$service"$'\t'* ]] ||
      fail "there is no service $service in cluster $ECS_CLUSTER: images[].service and application.cluster of the configuration name what the application's stack must make"
  done
  status=0
  wait "$listing" || status=$?
  cat "$work/listing" >&2
  ((status == 0)) || exit "$status"
  mapfile -t arns < <(tr '\t' '\n' <"$work/listed" | sed '/^arn:/!d')
  running=
  if ((${#arns[@]} > 0)); then running="$(ask 100 tasks "${arns[@]}")"; fi
  waiting=()
  pause=$poll_seconds
  for service in "${services[@]}"; do
    read -r _ rollout deployments definition count < <(grep -P "^\Q$service\E\t" <<<"$states")
    what="$(runs "$service")"
    if [[ $rollout == COMPLETED && $deployments == 1 && ($what == ending || ($what == none && $count != 0)) ]]; then
      pause=0
    elif [[ $rollout == COMPLETED && $deployments == 1 && $what != starting ]]; then
      if [[ $what == pushed ]]; then
        how=rolled
        [[ $forced != *" $service "* ]] || how=forced
        say "$service runs ${digests[$service]}"
        printf '%s\t%s\t%s\t%s\n' "$service" "${digests[$service]}" "$how" "$definition" >>"$ARTIFACTS/services.tsv"
        continue
      fi
      if [[ $forced == *" $service "* ]]; then
        explain_services "$service"
        fail "$service does not run ${digests[$service]}: ECS went back to what ran before, or the task definition names another image"
      fi
      say "$service does not run ${digests[$service]} yet: forcing a new deployment"
      aws ecs update-service --cluster "$ECS_CLUSTER" --service "$service" --force-new-deployment --query service.serviceName --output text >/dev/null
      forced+="$service "
    elif [[ $rollout == FAILED ]]; then
      explain_services "$service"
      fail "the rollout of $service failed; its last events are above"
    fi
    waiting+=("$service")
  done
  ((${#waiting[@]} > 0)) || break
  if ((SECONDS > timeout_seconds)); then
    explain_services "${waiting[@]}"
    fail "after $timeout_seconds s these services are not steady: ${waiting[*]}"
  fi
  services=("${waiting[@]}")
  sleep "$pause"
done

# Since the build's start: what whoever pushed has waited for.
printf '{"mangoo":"deployment","commit":"%s","seconds":%d}\n' \
  "$CODEBUILD_RESOLVED_SOURCE_VERSION" "$((EPOCHSECONDS - CODEBUILD_START_TIME / 1000))" >&2

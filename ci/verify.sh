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

# Prints "SERVICE ROLLOUT DEPLOYMENTS TASK_DEFINITION" for every service.
rollouts() {
  aws ecs describe-services --cluster "$ECS_CLUSTER" --services "${services[@]}" \
    --query "services[?status=='ACTIVE'].[serviceName, deployments[?status=='PRIMARY'] | [0].rolloutState, length(deployments), deployments[?status=='PRIMARY'] | [0].taskDefinition]" --output text
}

# Prints "service:NAME STATUS DIGESTS" for every task of the services.
tasks() {
  local service listed found arns=()
  for service in "${services[@]}"; do
    listed="$(aws ecs list-tasks --cluster "$ECS_CLUSTER" --service-name "$service" --query 'taskArns' --output text)" || return
    read -ra found <<<"${listed//$'\n'/ }"
    [[ ${found[0]:-None} == None ]] || arns+=("${found[@]}")
  done
  ((${#arns[@]} > 0)) || return 0
  aws ecs describe-tasks --cluster "$ECS_CLUSTER" --tasks "${arns[@]}" \
    --query "tasks[].[group, lastStatus, join(',', containers[?imageDigest].imageDigest)]" --output text
}

# What the tasks of the service run: pushed, other, or starting while one of them runs nothing yet.
runs() {
  local service=$1 group status found what=other
  while IFS=$'\t' read -r group status found; do
    [[ $group == "service:$service" ]] || continue
    if [[ $status != RUNNING ]]; then
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
  states="$(rollouts)"
  running="$(tasks)"
  waiting=()
  for service in "${services[@]}"; do
    read -r _ rollout deployments definition < <(grep -P "^\Q$service\E\t" <<<"$states") ||
      fail "there is no service $service in cluster $ECS_CLUSTER: images[].service and application.cluster of the configuration name what the application's stack must make"
    what="$(runs "$service")"
    if [[ $rollout == COMPLETED && $deployments == 1 && $what != starting ]]; then
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
  sleep "$poll_seconds"
done

# Since the build's start: what whoever pushed has waited for.
printf '{"mangoo":"deployment","commit":"%s","seconds":%d}\n' \
  "$CODEBUILD_RESOLVED_SOURCE_VERSION" "$((EPOCHSECONDS - CODEBUILD_START_TIME / 1000))" >&2

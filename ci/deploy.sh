#!/usr/bin/env bash
# Synthesizes the application with the pushed images, by digest, and deploys exactly that assembly, these stacks only: change sets
# of all of them first, which are read before any is executed.
set -euo pipefail
source "$(dirname "$0")/common.sh"
source "$(dirname "$0")/change-sets.sh"

outputs="$(mktemp -d)"
read -ra stacks <<<"$CDK_STACK_NAME"
synthesize_pushed

migrated=no
while ((${#stacks[@]} > 0)); do
  : >"$ARTIFACTS/change-sets.tsv"
  made=0
  for stack in "${stacks[@]}"; do
    if ! prepare_stack "$stack" "build-$CODEBUILD_BUILD_NUMBER" --outputs-file "$outputs/$stack.json"; then
      lacks_export || exit 1
      say "$stack needs what the stacks before it are still to export: it is prepared and read when they are deployed"
      break
    fi
    made=$((made + 1))
  done
  guard_change_sets
  # Never before the first refusal.
  [[ $migrated == yes ]] || migrate
  migrated=yes
  execute_change_sets "$outputs"
  stacks=("${stacks[@]:made}")
done
gather_outputs "$outputs"

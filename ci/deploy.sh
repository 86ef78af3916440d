#!/usr/bin/env bash
# Synthesizes the application with the pushed images, by digest, and deploys exactly that assembly, these stacks only: change sets
# of all of them first, which are read before any is executed. A rollback deploys what its release was deployed by instead. Does
# none of it where the plan saw that nothing would change, and that is still so now that it is this build's turn.
set -euo pipefail
source "$(dirname "$0")/common.sh"
source "$(dirname "$0")/change-sets.sh"

images_by_digest="$(mktemp)"
temporary+=("$images_by_digest")
cut -f 1,3 "$ARTIFACTS/images.tsv" >"$images_by_digest"

case "$(what_to_deploy)" in
  skip)
    # By what ci/turn.sh has seen.
    decide_deployment "$images_by_digest" "$ARTIFACTS/live.json" "$ARTIFACTS/stacks.json"
    [[ $(what_to_deploy) == deploy ]] || exit 0
    ci/install.sh cdk
    ;;
  restore)
    code=0
    restore_release || code=$?
    ((code == 4)) || exit "$code"
    reason="the release's own templates cannot be deployed again: its commit is synthesized"
    say "$reason"
    set_deployment "$images_by_digest" "$reason"
    ci/install.sh cdk
    ;;
  deploy)
    if [[ -e $ARTIFACTS/deployment.tsv ]]; then
      IFS=$'\t' read -r _ _ reason <"$ARTIFACTS/deployment.tsv"
      # For the record, by which later builds know that nothing would change.
      set_deployment "$images_by_digest" "$reason"
    fi
    ;;
esac

synthesize_pushed
rm -f "$ARTIFACTS/cdk-outputs.json"
read -ra stacks <<<"$CDK_STACK_NAME"
migrated=no
while ((${#stacks[@]} > 0)); do
  : >"$ARTIFACTS/change-sets.tsv"
  made=0
  for stack in "${stacks[@]}"; do
    first="$(reads_what_changes "$stack")"
    if [[ -n $first ]]; then
      say "$stack reads outputs of $first, which changes: it is prepared and read when that is deployed"
      break
    fi
    if ! prepare_stack "$stack" "build-$CODEBUILD_BUILD_NUMBER"; then
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
  execute_change_sets
  stacks=("${stacks[@]:made}")
done

#!/usr/bin/env bash
# Synthesizes the application with the pushed images, by digest, and deploys exactly that assembly, these stacks only: change sets
# of all of them first, which are read before any is executed. Does none of it where the plan saw that nothing would change, and
# that is still so now that it is this build's turn: ci/turn.sh has left the record of what is live.
set -euo pipefail
source "$(dirname "$0")/common.sh"
source "$(dirname "$0")/change-sets.sh"

outputs="$(mktemp -d)"
read -ra stacks <<<"$CDK_STACK_NAME"

images_by_digest="$(mktemp)"
trap 'rm -rf "$told" "$outputs" "$images_by_digest"' EXIT
cut -f 1,3 "$ARTIFACTS/images.tsv" >"$images_by_digest"
if ! is_deployed; then
  decide_deployment "$images_by_digest" "$ARTIFACTS/live.json"
  is_deployed || exit 0
  ci/install.sh cdk
elif [[ -e $ARTIFACTS/deployment.tsv ]]; then
  # For the record, by which later builds know that nothing would change.
  key="$(node ci/plan.mjs key "$images_by_digest")"
  IFS=$'\t' read -r _ _ reason <"$ARTIFACTS/deployment.tsv"
  printf 'deploy\t%s\t%s\n' "$key" "$reason" >"$ARTIFACTS/deployment.tsv"
fi
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

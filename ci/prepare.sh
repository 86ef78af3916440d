#!/usr/bin/env bash
# Synthesizes the application and makes a change set of each stack, for people to look at once they have been read here;
# ci/execute.sh deploys them later. Prints where the first is seen.
set -euo pipefail
source "$(dirname "$0")/common.sh"
source "$(dirname "$0")/change-sets.sh"

read -ra stacks <<<"$CDK_STACK_NAME"
synthesize_pushed >&2

page=
changes=no
: >"$ARTIFACTS/change-sets.tsv"
for stack in "${stacks[@]}"; do
  first="$(reads_what_changes "$stack")"
  [[ -z $first ]] || say "WARNING: $stack reads outputs of $first, which changes with it: should they change, $stack may get them with the next release only"
  prepare_stack "$stack" "$CHANGE_SET" || exit 1
  prepared="$(arn_of changeSet)"
  if [[ -z $page || ($changes == no && -n $prepared) ]]; then
    [[ -z $prepared ]] || changes=yes
    # shellcheck disable=SC2016
    page="$(node -p '
      const [stackId, changeSetId] = process.argv.slice(1);
      const region = stackId.split(":")[3];
      const what = changeSetId ? "changesets/changes" : "stackinfo";
      const ids = new URLSearchParams({ stackId, ...(changeSetId && { changeSetId }) });
      `https://${region}.console.aws.amazon.com/cloudformation/home?region=${region}#/stacks/${what}?${ids}`
    ' -- "$(arn_of stack)" "$prepared")"
  fi
done
guard_change_sets
printf '%s\n' "$page"

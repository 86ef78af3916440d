#!/usr/bin/env bash
# Synthesizes the application and makes a change set of each stack, for people to look at; ci/execute.sh deploys them later.
# Writes .artifacts/change-sets.tsv: stack, and its change set or - where nothing would change. Prints where the first is seen.
set -euo pipefail
source "$(dirname "$0")/common.sh"

read -ra stacks <<<"$CDK_STACK_NAME"
synthesize_pushed >&2

told="$(mktemp)"
trap 'rm -f "$told"' EXIT

# Prints the last ARN of a kind that the CLI told.
arn_of() {
  awk -v kind=":$1/" '
    match($0, /arn:[^[:space:]]+/) { arn = substr($0, RSTART, RLENGTH); if (index(arn, kind)) found = arn }
    END { print found }
  ' "$told"
}

page=
changes=no
: >"$ARTIFACTS/change-sets.tsv"
for stack in "${stacks[@]}"; do
  say "preparing $stack"
  "$cdk" deploy --app "$ARTIFACTS/cdk/cdk.out" --exclusively --require-approval never --ci --no-notices \
    --progress events --method prepare-change-set --change-set-name "$CHANGE_SET" "$stack" 2>&1 | tee "$told" >&2
  prepared="$(arn_of changeSet)"
  stack_arn="$(arn_of stack)"
  if [[ -z $prepared ]]; then
    # Never taken for granted: somebody would approve something else than is deployed.
    grep -qF '(no changes)' "$told" || fail "the CDK CLI did not say which change set it made of $stack"
    say "nothing would change in $stack"
  fi
  printf '%s\t%s\n' "$stack" "${prepared:--}" >>"$ARTIFACTS/change-sets.tsv"
  if [[ -z $page || ($changes == no && -n $prepared) ]]; then
    [[ -z $prepared ]] || changes=yes
    # shellcheck disable=SC2016
    page="$(node -p '
      const [stackId, changeSetId] = process.argv.slice(1);
      const region = stackId.split(":")[3];
      const what = changeSetId ? "changesets/changes" : "stackinfo";
      const ids = new URLSearchParams({ stackId, ...(changeSetId && { changeSetId }) });
      `https://${region}.console.aws.amazon.com/cloudformation/home?region=${region}#/stacks/${what}?${ids}`
    ' -- "$stack_arn" "$prepared")"
  fi
done
printf '%s\n' "$page"

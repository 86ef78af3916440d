# shellcheck shell=bash
# Making, reading, executing and discarding change sets: what deploy.sh, prepare.sh and execute.sh share, each after common.sh. `cdk` is
# synthesize's.
# shellcheck disable=SC2154
set -euo pipefail

# What the CLI told when it made the last change set.
told="$(mktemp)"
temporary=("$told")
# What ends badly leaves no change set that somebody could execute by mistake; a build that is stopped does.
trap '(($? == 0)) || discard_change_sets || :; rm -f "${temporary[@]}"' EXIT

# Makes a change set of the stack $1, called $2, and adds to .artifacts/change-sets.tsv: stack, and its change set or - where
# nothing would change. Ends with 1 where the CLI does.
prepare_stack() {
  local stack=$1 name=$2 prepared
  say "preparing $stack"
  "$cdk" deploy --app "$ARTIFACTS/cdk/cdk.out" --exclusively --require-approval never --ci --no-notices \
    --progress events --method prepare-change-set --change-set-name "$name" "$stack" 2>&1 | tee "$told" >&2 ||
    return 1
  prepared="$(arn_of changeSet)"
  if [[ -z $prepared ]]; then
    # Never taken for granted: something else would be deployed than was read.
    grep -qF '(no changes)' "$told" || fail "the CDK CLI did not say which change set it made of $stack"
    say "nothing would change in $stack"
  fi
  # In a condition, nothing else would end the build: the stack would be neither read nor executed.
  printf '%s\t%s\n' "$stack" "${prepared:--}" >>"$ARTIFACTS/change-sets.tsv" || fail "$ARTIFACTS/change-sets.tsv cannot be written"
}

# Prints the last ARN of a kind that the CLI told.
arn_of() {
  awk -v kind=":$1/" '
    match($0, /arn:[^[:space:]]+/) { arn = substr($0, RSTART, RLENGTH); if (index(arn, kind)) found = arn }
    END { print found }
  ' "$told"
}

# Prints the ARNs of the change sets that were made.
change_sets() { awk -F '\t' '$2 != "-" { print $2 }' "$ARTIFACTS/change-sets.tsv"; }

# Whether the last stack imports what another, whose change set has been made, is still to export: there is none of it before.
lacks_export() { [[ -n $(change_sets) ]] && grep -q 'No export named' "$told"; }

# Prints the first stack whose outputs the stack $1 reads as they are, and whose change set is still to be executed.
reads_what_changes() {
  awk -F '\t' -v stack="$1" '
    FILENAME == ARGV[1] { if ($2 != "-") changes[$1]; next }
    $1 == stack && $2 in changes { print $2; exit }
  ' "$ARTIFACTS/change-sets.tsv" "$ARTIFACTS/references.tsv"
}

# Deletes the change sets that were made and not executed.
discard_change_sets() {
  [[ ! -e $ARTIFACTS/change-sets.tsv ]] || node "${ARTIFACTS%/*}/ci/discard.mjs" "$ARTIFACTS"
}

# Reads the change sets that were made, and fails where one is refused.
guard_change_sets() { node "${ARTIFACTS%/*}/ci/guard.mjs" "$ARTIFACTS" "${ALLOWED_CHANGES:-[]}"; }

# Executes them, in their order.
execute_change_sets() { explaining node "${ARTIFACTS%/*}/ci/execute.mjs" "$ARTIFACTS"; }

# Deploys what a release was deployed by; ends with 4 where that cannot be.
restore_release() { explaining node ci/restore.mjs "$ARTIFACTS" "${ALLOWED_CHANGES:-[]}"; }

# Runs what deploys. A service whose circuit breaker trips fails its stack: the reason is then ECS's, and the tasks are still known
# for an hour. Of any other failure, CloudFormation has told the reason.
explaining() {
  local code=0
  "$@" || code=$?
  ((code == 5)) || return "$code"
  explain_rollout
  return 1
}

explain_rollout() (
  go_to_target_region
  take_rollout_role
  mapfile -t services < <(cut -f 4 "$ARTIFACTS/images.tsv")
  explain_services "${services[@]}"
)

# Runs MIGRATION, the configuration's command, in the repository's root. A rollback runs none: it brings back images, no data.
migrate() {
  local command="${MIGRATION:-}"
  [[ -n $command ]] || return 0
  if [[ ${ROLLBACK:-} == 1 ]]; then
    say "a rollback migrates nothing: the database stays as it is"
    return 0
  fi
  say "migrating the database"
  (cd "${ARTIFACTS%/*}" && bash -c "$command" >&2 </dev/null) ||
    fail "the migration ended badly: nothing was deployed, and what runs is the release before. Look at what of the migration was done before the next push"
}

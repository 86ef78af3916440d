# shellcheck shell=bash
# Making, reading and executing change sets: what deploy.sh, prepare.sh and execute.sh share, each after common.sh. `cdk` is
# go_to_cdk's, `outputs` a folder of the script's own.
# shellcheck disable=SC2154
set -euo pipefail

# What the CLI told when it made the last change set, or executed it.
told="$(mktemp)"
trap 'rm -rf "$told" "${outputs:-}"' EXIT

# Makes a change set of the stack $1, called $2, and adds to .artifacts/change-sets.tsv: stack, and its change set or - where
# nothing would change. What follows are more options of the CLI. Ends with 1 where the CLI does.
prepare_stack() {
  local stack=$1 name=$2 prepared
  say "preparing $stack"
  "$cdk" deploy --app "$ARTIFACTS/cdk/cdk.out" --exclusively --require-approval never --ci --no-notices \
    --progress events --method prepare-change-set --change-set-name "$name" "${@:3}" "$stack" 2>&1 | tee "$told" >&2 ||
    return 1
  prepared="$(arn_of changeSet)"
  if [[ -z $prepared ]]; then
    # Never taken for granted: something else would be deployed than was read.
    grep -qF '(no changes)' "$told" || fail "the CDK CLI did not say which change set it made of $stack"
    say "nothing would change in $stack"
  fi
  printf '%s\t%s\n' "$stack" "${prepared:--}" >>"$ARTIFACTS/change-sets.tsv"
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

# Reads the change sets that were made, and fails where guard.mjs refuses one; then all of them are deleted. By the role that made
# them, which may do all of that: the build's own needs nothing more. A shell of its own, because that role may do nothing else.
guard_change_sets() (
  made="$(change_sets)"
  [[ -n $made ]] || exit 0
  # Of the first; all are in one account and region.
  IFS=: read -r _ partition _ region account _ <<<"$made"
  export AWS_REGION="$region" AWS_DEFAULT_REGION="$region"
  assume_role "arn:$partition:iam::$account:role/cdk-$BOOTSTRAP_QUALIFIER-deploy-role-$account-$region"
  cd "${ARTIFACTS%/*}"
  code=0
  node ci/guard.mjs "$ARTIFACTS" "$CODEBUILD_RESOLVED_SOURCE_VERSION" "${ALLOWED_CHANGES:-[]}" || code=$?
  ((code != 0)) || exit 0
  # Only a refusal ends with 3.
  ((code == 3)) || exit 1
  for arn in $made; do
    aws cloudformation delete-change-set --change-set-name "$arn"
  done
  exit 1
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

# A service whose circuit breaker trips fails its stack: the reason is then ECS's, and the tasks are still known for an hour.
explain_rollout() (
  # Of any other failure, CloudFormation has told the reason.
  grep -qE 'Circuit Breaker|Exceeded attempts to wait|did not stabilize' "$told" || exit 0
  go_to_target_region
  take_rollout_role
  mapfile -t services < <(cut -f 4 "$ARTIFACTS/images.tsv")
  explain_services "${services[@]}"
)

# Before it executes a change set, the CLI reads the stack's template: by the lookup role, which may read all of the account and
# which no build may assume; without one, by the build's own, which may not. So the assembly names the role that deploys.
read_by_deploy_role() {
  # shellcheck disable=SC2016
  find "$ARTIFACTS/cdk/cdk.out" -name manifest.json -exec node -e '
    const fs = require("fs");
    for (const file of process.argv.slice(1)) {
      const manifest = JSON.parse(fs.readFileSync(file, "utf8"));
      for (const { properties } of Object.values(manifest.artifacts ?? []))
        if (properties?.assumeRoleArn) properties.lookupRole = { arn: properties.assumeRoleArn };
      fs.writeFileSync(file, JSON.stringify(manifest, null, 2));
    }
  ' -- {} +
}

# Executes them, in their order; the outputs of each stack go to the folder $1.
execute_change_sets() {
  local stack arn
  read_by_deploy_role
  while IFS=$'\t' read -r -u 3 stack arn; do
    if [[ $arn == - ]]; then
      say "nothing changes in $stack"
      continue
    fi
    say "executing $arn"
    "$cdk" deploy --app "$ARTIFACTS/cdk/cdk.out" --require-approval never --ci --no-notices --progress events \
      --method execute-change-set --change-set-name "$arn" --outputs-file "$1/$stack.json" "$stack" 2>&1 |
      tee "$told" >&2 || {
      explain_rollout
      exit 1
    }
  done 3<"$ARTIFACTS/change-sets.tsv"
}

# Writes .artifacts/cdk-outputs.json from the files in the folder $1.
gather_outputs() {
  # shellcheck disable=SC2016
  node -e '
    const fs = require("fs");
    const [folder, file] = process.argv.slice(1);
    const outputs = fs.readdirSync(folder).map((name) => JSON.parse(fs.readFileSync(`${folder}/${name}`, "utf8")));
    fs.writeFileSync(file, JSON.stringify(Object.assign({}, ...outputs), null, 2));
  ' -- "$1" "$ARTIFACTS/cdk-outputs.json"
}

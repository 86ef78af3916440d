#!/usr/bin/env bash
# Executes the change sets that ci/prepare.sh made. Nothing is synthesized: what was approved is deployed, or nothing is,
# because CloudFormation refuses a change set once its stack has changed.
set -euo pipefail
source "$(dirname "$0")/common.sh"

[[ -s $ARTIFACTS/change-sets.tsv ]] || fail "there is no $ARTIFACTS/change-sets.tsv: nothing was prepared to be deployed"
go_to_cdk

outputs="$(mktemp -d)"
trap 'rm -rf "$outputs"' EXIT
while IFS=$'\t' read -r -u 3 stack change_set; do
  if [[ $change_set == - ]]; then
    say "nothing changes in $stack"
    continue
  fi
  say "executing $change_set"
  "$cdk" deploy --app "$ARTIFACTS/cdk/cdk.out" --require-approval never --ci --no-notices --progress events \
    --method execute-change-set --change-set-name "$change_set" --outputs-file "$outputs/$stack.json" "$stack"
done 3<"$ARTIFACTS/change-sets.tsv"

# shellcheck disable=SC2016
node -e '
  const fs = require("fs");
  const [folder, file] = process.argv.slice(1);
  const outputs = fs.readdirSync(folder).map((name) => JSON.parse(fs.readFileSync(`${folder}/${name}`, "utf8")));
  fs.writeFileSync(file, JSON.stringify(Object.assign({}, ...outputs), null, 2));
' -- "$outputs" "$ARTIFACTS/cdk-outputs.json"

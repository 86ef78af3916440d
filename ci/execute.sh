#!/usr/bin/env bash
# Executes the change sets that ci/prepare.sh made. Nothing is synthesized: what was approved is deployed, or nothing is,
# because CloudFormation refuses a change set once its stack has changed.
set -euo pipefail
source "$(dirname "$0")/common.sh"
source "$(dirname "$0")/change-sets.sh"

[[ -s $ARTIFACTS/change-sets.tsv ]] || fail "there is no $ARTIFACTS/change-sets.tsv: nothing was prepared to be deployed"
# For the record, by which one goes back.
node "${ARTIFACTS%/*}/ci/templates.mjs" "$ARTIFACTS"
migrate
execute_change_sets

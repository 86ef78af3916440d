#!/usr/bin/env bash
# The end of the log, for people.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# Those steps of a release that deploy have none.
plan=()
[[ ! -e $ARTIFACTS/plan.tsv ]] || plan+=("$ARTIFACTS/plan.tsv")

{
  how=Deployed
  [[ ${ROLLBACK:-} != 1 ]] || how='Rolled back, nothing was built:'
  printf '%s %s of %s to %s\n' "$how" "$IMAGE_TAG" "$(repository_url)" "$CDK_ENV"
  printf '  release  %s\n' "$CODEBUILD_BUILD_NUMBER"
  printf '  commit   %s  %s\n' "$CODEBUILD_RESOLVED_SOURCE_VERSION" "$(git log -1 --format='%an: %s')"
  printf '  build    %s\n' "$CODEBUILD_BUILD_URL"
  awk -F '\t' '
    FILENAME ~ /plan.tsv$/ { why[$1] = $2 ": " $5; next }
    { printf "  image    %s  %s  %s\n", $1, $3, $1 in why ? why[$1] : $5 }
  ' "${plan[@]}" "$ARTIFACTS/images.tsv"
  [[ ! -e $ARTIFACTS/deployment.tsv ]] || awk -F '\t' '{ printf "  stacks   %s: %s\n", $1, $3 }' "$ARTIFACTS/deployment.tsv"
  awk -F '\t' '{ printf "  service  %s  %s  %s\n", $1, $2, $3 }' "$ARTIFACTS/services.tsv"
  # shellcheck disable=SC2016
  node -e '
    const [file, price, start] = process.argv.slice(1);
    const outputs = JSON.parse(require("fs").readFileSync(file, "utf8"));
    for (const [stack, values] of Object.entries(outputs))
      for (const [name, value] of Object.entries(values)) console.log(`  output   ${stack}.${name} = ${value}`);
    // As it is billed: what is left of the last minute counts as one.
    const minutes = Math.ceil((Date.now() - start) / 60_000);
    if (/^\d+(\.\d+)?$/.test(price))
      console.log(`  cost     about $${(minutes * price).toFixed(2)}: ${minutes} min at $${price}`);
  ' -- "$ARTIFACTS/cdk-outputs.json" "${BUILD_MINUTE_USD:-}" "$CODEBUILD_START_TIME"
  node ci/steps.mjs "$ARTIFACTS/steps.tsv" "$CODEBUILD_START_TIME"
} | tee "$ARTIFACTS/summary.txt"

#!/usr/bin/env bash
# The end of the log, for people.
set -euo pipefail
source "$(dirname "$0")/common.sh"

{
  printf 'Deployed %s of %s to %s\n' "$IMAGE_TAG" "${CODEBUILD_SOURCE_REPO_URL%.git}" "$CDK_ENV"
  printf '  commit   %s  %s\n' "$CODEBUILD_RESOLVED_SOURCE_VERSION" "$(git log -1 --format='%an: %s')"
  printf '  build    %s\n' "$CODEBUILD_BUILD_URL"
  awk -F '\t' '{ printf "  image    %s  %s  %s\n", $1, $3, $5 }' "$ARTIFACTS/images.tsv"
  awk -F '\t' '{ printf "  service  %s  %s  %s\n", $1, $2, $3 }' "$ARTIFACTS/services.tsv"
  # shellcheck disable=SC2016
  node -e '
    const outputs = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    for (const [stack, values] of Object.entries(outputs))
      for (const [name, value] of Object.entries(values)) console.log(`  output   ${stack}.${name} = ${value}`);
  ' "$ARTIFACTS/cdk-outputs.json"
} | tee "$ARTIFACTS/summary.txt"

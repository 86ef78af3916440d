#!/usr/bin/env bash
# Synthesizes the application with the pushed images, by digest, and deploys exactly that assembly, these stacks only.
set -euo pipefail
source "$(dirname "$0")/common.sh"

cdk=(./node_modules/.bin/cdk)
context=()
while IFS=$'\t' read -r name _ uri _; do context+=(--context "${name}Image=$uri"); done <"$ARTIFACTS/images.tsv"
read -ra stacks <<<"$CDK_STACK_NAME"

cd "$APP_DIR/cdk"
[[ -x ${cdk[0]} ]] || fail "$APP_DIR/cdk/package.json does not have aws-cdk: the CLI is the one that the lock file pins"

say "synthesizing $CDK_STACK_NAME for $CDK_ENV"
"${cdk[@]}" synth --quiet --no-notices --output "$ARTIFACTS/cdk/cdk.out" "${context[@]}"

say "deploying $CDK_STACK_NAME"
"${cdk[@]}" deploy --app "$ARTIFACTS/cdk/cdk.out" --exclusively --require-approval never --ci --no-notices \
  --progress events --outputs-file "$ARTIFACTS/cdk-outputs.json" "${stacks[@]}"

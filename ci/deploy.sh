#!/usr/bin/env bash
# Synthesizes the application with the pushed images, by digest, and deploys exactly that assembly, these stacks only.
set -euo pipefail
source "$(dirname "$0")/common.sh"

cdk=(./node_modules/.bin/cdk)
# Each environment of an account has a bootstrap of its own.
context=(--context "@aws-cdk/core:bootstrapQualifier=$BOOTSTRAP_QUALIFIER")
while IFS=$'\t' read -r name _ uri _; do context+=(--context "${name}Image=$uri"); done <"$ARTIFACTS/images.tsv"
read -ra stacks <<<"$CDK_STACK_NAME"

# The CLI takes it for stacks that name no region. Those of another account have to name it: CDK_DEFAULT_ACCOUNT is the
# build's own, whatever is exported.
go_to_target_region

cd "$APP_DIR/cdk"
[[ -x ${cdk[0]} ]] || fail "$APP_DIR/cdk/package.json does not have aws-cdk: the CLI is the one that the lock file pins"

say "synthesizing $CDK_STACK_NAME for $CDK_ENV"
"${cdk[@]}" synth --quiet --no-notices --output "$ARTIFACTS/cdk/cdk.out" "${context[@]}"

say "deploying $CDK_STACK_NAME"
"${cdk[@]}" deploy --app "$ARTIFACTS/cdk/cdk.out" --exclusively --require-approval never --ci --no-notices \
  --progress events --outputs-file "$ARTIFACTS/cdk-outputs.json" "${stacks[@]}"

#!/usr/bin/env bash
# Synthesizes the application with the pushed images, by digest, and deploys exactly that assembly, these stacks only.
set -euo pipefail
source "$(dirname "$0")/common.sh"

read -ra stacks <<<"$CDK_STACK_NAME"
synthesize_pushed

say "deploying $CDK_STACK_NAME"
"$cdk" deploy --app "$ARTIFACTS/cdk/cdk.out" --exclusively --require-approval never --ci --no-notices \
  --progress events --outputs-file "$ARTIFACTS/cdk-outputs.json" "${stacks[@]}"

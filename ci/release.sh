#!/usr/bin/env bash
# Records the release whose rollout was verified: in .artifacts/release.json, and in the environment's parameter, whose newest
# version is what runs and whose earlier ones are what one can go back to. `ci/release.sh failed`, run at the end of every
# build, records one that came to nothing, for the artifacts alone: the parameter never names what was not seen to run. Where it came
# to a deployment, it says what runs now.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html
set -euo pipefail
source "$(dirname "$0")/common.sh"

status="${1:-verified}"
# A failure after the record does not make it untrue.
[[ $status == verified || ! -e $ARTIFACTS/release.json ]] || exit 0

# Which task definitions the services are to run: those of before, where CloudFormation or ECS went back.
look_at_services() (
  go_to_target_region
  take_rollout_role || exit
  # As many as one call takes: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
  cut -f 4 "$ARTIFACTS/images.tsv" | xargs -n 10 aws ecs describe-services --cluster "$ECS_CLUSTER" \
    --query "services[].[serviceName, deployments[?status=='PRIMARY'] | [0].taskDefinition]" --output text --services
)

value="$(mktemp)"
trap 'rm -f "$value"' EXIT
if [[ $status == failed ]] && grep -q '^deploy\.sh' "$ARTIFACTS/steps.tsv"; then
  look_at_services >"$ARTIFACTS/runs.tsv" || say "WARNING: what runs now is not known; the reason is above"
fi
node ci/release.mjs "$status" "$ARTIFACTS" >"$value"
if [[ $status == verified ]]; then
  # Intelligent-Tiering: free up to 4 KB, which is some ten images. The value is a file's: what an author has called a commit
  # is no argument.
  # https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
  aws ssm put-parameter --name "$RELEASE_PARAMETER" --type String --tier Intelligent-Tiering --overwrite \
    --value "file://$value" >/dev/null
  say "release $CODEBUILD_BUILD_NUMBER is recorded in $RELEASE_PARAMETER"
fi
mv "$value" "$ARTIFACTS/release.json"

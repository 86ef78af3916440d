#!/usr/bin/env bash
# Takes what an earlier step of a release left: CodePipeline gives the artifact INPUT_ARTIFACT a folder of its own.
# https://docs.aws.amazon.com/codebuild/latest/userguide/sample-pipeline-multi-input-output.html
set -euo pipefail
source "$(dirname "$0")/common.sh"

folder="CODEBUILD_SRC_DIR_$INPUT_ARTIFACT"
[[ -n ${!folder:-} ]] || fail "this build has no input $INPUT_ARTIFACT: only the release pipeline starts it"
[[ -s ${!folder}/images.tsv ]] || fail "$INPUT_ARTIFACT has no images.tsv: nothing says which images to deploy"
cp -R "${!folder}/." "$ARTIFACTS"

#!/usr/bin/env bash
# Runs SMOKE_TEST, the configuration's command, against what was deployed: a minute, three times. It has the stacks' outputs as
# OUTPUT_<name>, and all of them as the JSON file CDK_OUTPUTS.
set -euo pipefail
source "$(dirname "$0")/common.sh"

command="${SMOKE_TEST:-}"
[[ -n $command ]] || exit 0
seconds="${SMOKE_TEST_SECONDS:-60}"
file="$ARTIFACTS/cdk-outputs.json"

# Not by a shell's text: an output may have anything in it.
outputs="$(mktemp)"
trap 'rm -f "$outputs"' EXIT
# shellcheck disable=SC2016
node -e '
  const stacks = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
  for (const outputs of Object.values(stacks))
    for (const [name, value] of Object.entries(outputs)) process.stdout.write(`OUTPUT_${name}=${value}\0`);
' -- "$file" >"$outputs"
variables=("CDK_OUTPUTS=$file")
mapfile -d '' -t -O 1 variables <"$outputs"
export "${variables[@]}"

for attempt in 1 2 3; do
  say "smoke test, attempt $attempt"
  code=0
  timeout --kill-after=5 "$seconds" bash -c "$command" >&2 </dev/null || code=$?
  ((code != 0)) || exit 0
  [[ $attempt == 3 ]] || sleep "${SMOKE_TEST_POLL_SECONDS:-10}"
done

what="ended with $code"
((code != 124 && code != 137)) || what="took more than $seconds s"
fail "the smoke test $what: release $CODEBUILD_BUILD_NUMBER is live and not well, and is not recorded as a release. Go back by npm run rollback, or push what mends it"

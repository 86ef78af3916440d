#!/usr/bin/env bash
# Ends badly when the registry's scans find vulnerabilities that IMAGE_SCAN refuses; without it, nothing is asked.
set -euo pipefail
source "$(dirname "$0")/common.sh"

rules="${IMAGE_SCAN:-}"
[[ -n $rules ]] || exit 0
node ci/scan.mjs "$ARTIFACTS" "$rules" "${SCAN_POLL_SECONDS:-10}"

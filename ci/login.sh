#!/usr/bin/env bash
# Logs in to the registry where there are images to push.
set -euo pipefail
source "$(dirname "$0")/common.sh"

if [[ -z $IMAGES_TO_BUILD ]]; then
  say "no login: there is nothing to push"
  exit 0
fi
log_in

#!/usr/bin/env bash
# Logs in to the registry for 12 hours. The password goes from pipe to pipe: neither a process list nor the log has it.
set -euo pipefail
source "$(dirname "$0")/common.sh"

aws ecr get-login-password | docker login --username AWS --password-stdin "$(registry)"

#!/usr/bin/env bash
# Installs what one folder says that it needs: ci/install-folder.sh FOLDER. npm and pip try again themselves where a download breaks off
# (fetch-retries is 2, --retries is 5).
set -euo pipefail
source "$(dirname "$0")/common.sh"

# Python: a virtual environment, made anew when the requirements change.
install_python() {
  local requirements=(requirements.txt) args=() file hash
  [[ ! -f requirements-dev.txt ]] || requirements+=(requirements-dev.txt)
  for file in "${requirements[@]}"; do args+=(--requirement "$file"); done
  hash="$(cat "${requirements[@]}" | sha256sum)"
  if [[ -f .venv/requirements.sha256 && $(<.venv/requirements.sha256) == "$hash" ]]; then
    say "$PWD/.venv is up to date"
    return
  fi
  rm -rf .venv
  python3 -m venv .venv
  .venv/bin/pip install --quiet "${args[@]}"
  printf '%s' "$hash" >.venv/requirements.sha256
}

# The CDK CLI is a Node.js package, in whatever language the app is written.
folder=$1
cd "$folder"
if is_python . && [[ $folder != "$APP_DIR/cdk" ]]; then install_python; else npm ci --no-audit --no-fund; fi

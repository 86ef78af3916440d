#!/usr/bin/env bash
# Installs what the lock files and requirements say, no more, of the images that are built and of the CDK app, unless nothing is
# deployed. Every missing file is told before anything is installed. With `cdk`, the CDK app alone.
set -euo pipefail
source "$(dirname "$0")/common.sh"

folders=()
! is_deployed || folders+=("$APP_DIR/cdk")
if [[ ${1:-} != cdk ]]; then
  while read -r name context _; do
    ! is_built "$name" || folders+=("$context")
  done < <(images)
fi
if ((${#folders[@]} == 0)); then
  say "nothing to install: no image is built, and nothing is deployed"
  exit 0
fi

missing=()
for folder in "${folders[@]}"; do
  if is_python "$folder" && [[ $folder != "$APP_DIR/cdk" ]]; then
    continue
  elif [[ -f $folder/package.json && ! -f $folder/package-lock.json ]]; then
    missing+=("$folder/package-lock.json is missing: npm ci needs it in git (npm install --package-lock-only makes it; git check-ignore -v $folder/package-lock.json says who ignores it)")
  elif [[ ! -f $folder/package.json ]]; then
    missing+=("$folder has neither requirements.txt nor package.json: nothing says what to install")
  fi
done
((${#missing[@]} == 0)) || fail "${missing[@]}"

# Whether the downloads of an earlier build are there. The slash at the end: CodeBuild's local cache is a symbolic link.
tell_cache() {
  local hits=0
  [[ ! -d $2 || -z $(find "$2/" -type f -print -quit) ]] || hits=1
  printf '{"mangoo":"cache","cache":"%s","hits":%d,"lookups":1}\n' "$1" "$hits" >&2
}
home=~
tell_cache npm "${NPM_CONFIG_CACHE:-$home/.npm}/_cacache"
for folder in "${folders[@]}"; do
  if is_python "$folder" && [[ $folder != "$APP_DIR/cdk" ]]; then
    tell_cache pip "$home/.cache/pip"
    break
  fi
done

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

install() {
  local folder=$1
  cd "$folder"
  # The CDK CLI is a Node.js package, in whatever language the app is written.
  if is_python . && [[ $folder != "$APP_DIR/cdk" ]]; then install_python; else npm ci --no-audit --no-fund; fi
}

# Side by side; what each prints is told when its turn comes, and all failures are.
logs="$(mktemp -d)"
trap 'rm -rf "$logs"' EXIT
pids=()
for i in "${!folders[@]}"; do
  install "${folders[i]}" >"$logs/$i" 2>&1 &
  pids+=($!)
done

failed=()
for i in "${!folders[@]}"; do
  say "installing ${folders[i]}"
  wait "${pids[i]}" || failed+=("the installation of ${folders[i]} failed; what it printed is above")
  cat "$logs/$i"
done
((${#failed[@]} == 0)) || fail "${failed[@]}"

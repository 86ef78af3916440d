#!/usr/bin/env bash
# Installs what the lock files and requirements say, no more, of the images that are built and of the CDK app, unless nothing is
# synthesized. Every missing file is told before anything is installed. With `cdk`, the CDK app alone.
set -euo pipefail
source "$(dirname "$0")/common.sh"

folders=()
[[ $(what_to_deploy) != deploy ]] || folders+=("$APP_DIR/cdk")
if [[ ${1:-} != cdk ]]; then
  while read -r name context _; do
    ! is_built "$name" || folders+=("$context")
  done < <(images)
fi
if ((${#folders[@]} == 0)); then
  say "nothing to install: no image is built, and nothing is synthesized"
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

for folder in "${folders[@]}"; do
  step "install ${folder#./}" - ci/install-folder.sh "$folder"
done | side_by_side

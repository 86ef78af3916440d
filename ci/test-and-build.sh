#!/usr/bin/env bash
# Tests, compiles and builds everything that is built, side by side. An image waits for its own tests, which work in its folder: what
# Docker copies must not change meanwhile, and what fails its tests is not built. Compiling waits for nothing.
set -euo pipefail
source "$(dirname "$0")/common.sh"

while read -r name _; do report_no_tests "$name"; done < <(images)

# What images wait for besides: builder.sh.
builder=
[[ -z ${LAYER_CACHE:-} || -z $IMAGES_TO_BUILD ]] || builder=,builder

# In the order in which they are begun where there are more of them than cores: what takes longest first, as a compiler does.
{
  [[ -z $builder ]] || step builder - ci/builder.sh
  while read -r name context _; do
    is_python "$context" || step "compile $name" - ci/compile.sh "$name"
  done < <(built_images "$@")
  while read -r name _; do
    step "test $name" - ci/test.sh "$name"
  done < <(built_images "$@")
  while read -r name context _; do
    after="test $name"
    is_python "$context" || after+=",compile $name"
    step "image $name" "$after$builder" ci/build.sh "$name"
  done < <(built_images "$@")
} | side_by_side

#!/usr/bin/env bash
# Prints the tag of this build's images.
set -euo pipefail
source "$(dirname "$0")/common.sh"

image_tag

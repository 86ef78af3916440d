#!/usr/bin/env bash
# Sees that layers can be kept in a registry, where the configuration asks for it (build.registryCache). Where the selected builder
# cannot write to one, another is made: BuildKit in a container, which Docker gets from Docker Hub. Where that does not come,
# layers stay on this host: no build fails for a cache.
set -euo pipefail
source "$(dirname "$0")/common.sh"

layer_cache="${LAYER_CACHE:-}"
[[ -n $layer_cache ]] || exit 0

said="$(mktemp)"
trap 'rm -f "$said"' EXIT

make_builder() {
  docker buildx create --name mangoo --driver docker-container --use >&2 &&
    retry "$said" docker buildx inspect --bootstrap >&2
}

if writes_to_registry; then
  say "layers are kept in $layer_cache, by the builder that is selected"
elif make_builder; then
  say "layers are kept in $layer_cache, by a builder of this build's own: the one that was selected cannot write to a registry"
else
  say "WARNING: layers stay on this host: no builder can write them to $layer_cache; the reason is above"
fi

#!/usr/bin/env bash
# Tells programs whose commit is built, a JSON object on a line: even a build that fails at once is somebody's.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# Whatever an author puts into a name or a subject stays text. Only a webhook says for certain which branch it is.
node -e '
  const [commit, author, subject, ref] = process.argv.slice(1);
  const branch = ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : undefined;
  console.error(JSON.stringify({ mangoo: "source", commit, author, subject, branch }));
' -- "$CODEBUILD_RESOLVED_SOURCE_VERSION" "$(git log -1 --format=%an)" "$(git log -1 --format=%s)" "${CODEBUILD_WEBHOOK_HEAD_REF:-}"

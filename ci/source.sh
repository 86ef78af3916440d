#!/usr/bin/env bash
# Tells programs whose commit is built, a JSON object on a line: even a build that fails at once is somebody's.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# Whatever an author puts into a name or a subject stays text.
node -e '
  const [commit, author, subject] = process.argv.slice(1);
  console.error(JSON.stringify({ mangoo: "source", commit, author, subject }));
' -- "$CODEBUILD_RESOLVED_SOURCE_VERSION" "$(git log -1 --format=%an)" "$(git log -1 --format=%s)"

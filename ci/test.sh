#!/usr/bin/env bash
# Runs the tests of every image that is built, with JUnit reports in .artifacts/test-reports; given names, of these alone.
set -euo pipefail
source "$(dirname "$0")/common.sh"

(($# > 0)) || while read -r name _; do report_no_tests "$name"; done < <(images)

test_python() {
  if [[ ! -d tests ]]; then
    say "no tests: $PWD/tests does not exist"
    return
  fi
  .venv/bin/python -m pytest tests --junitxml="$1"
}

test_node() {
  local script
  script="$(node -p 'require("./package.json").scripts?.test ?? ""')"
  # The arguments by which each test runner writes JUnit.
  case "$script" in
    '') say "no tests: $PWD/package.json has no test script" ;;
    *vitest*) npm test -- --reporter=default --reporter=junit --outputFile.junit="$1" ;;
    *jest*) JEST_JUNIT_OUTPUT_FILE="$1" npm test -- --ci --reporters=default --reporters=jest-junit ;;
    *)
      say "no report: the test script is neither vitest nor jest"
      npm test
      ;;
  esac
}

# Not the standard input: a test that reads its own would take the other images with it.
while read -r -u 3 name context _; do
  say "testing $name"
  pushd "$context" >/dev/null
  report="$ARTIFACTS/test-reports/$name.xml"
  if is_python .; then test_python "$report"; else test_node "$report"; fi
  popd >/dev/null
done 3< <(built_images "$@")

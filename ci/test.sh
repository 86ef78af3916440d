#!/usr/bin/env bash
# Runs the tests of every image that is built, with JUnit reports in .artifacts/test-reports.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# A report group without a file fails the build in UPLOAD_ARTIFACTS, after the deployment: until an image's tests have
# written their report, one skipped case stands for them.
while read -r name _; do
  printf '<testsuites><testsuite name="%s" tests="1" skipped="1"><testcase name="no report in this build"><skipped/></testcase></testsuite></testsuites>\n' \
    "$name" >"$ARTIFACTS/test-reports/$name.xml"
done < <(images)

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
  is_built "$name" || continue
  say "testing $name"
  pushd "$context" >/dev/null
  report="$ARTIFACTS/test-reports/$name.xml"
  if is_python .; then test_python "$report"; else test_node "$report"; fi
  popd >/dev/null
done 3< <(images)

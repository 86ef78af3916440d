# shellcheck shell=bash
# What the scripts of the build share; sourced by each, from the repository's root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What the build stores; buildspec.yml names it under artifacts.
ARTIFACTS="$PWD/.artifacts"
mkdir -p "$ARTIFACTS/test-reports"

# Tells what happens. Standard output belongs to a script's result.
say() { printf '==> %s\n' "$*" >&2; }

fail() {
  printf 'ERROR: %s\n' "$@" >&2
  exit 1
}

# The steps, as they begin, in milliseconds: each lasts until the next one. A script that another runs is none, unless it is one
# of several that run side by side.
if [[ -z ${STEP:-} ]]; then
  export STEP="${0##*/}"
  printf '%s\t%s\n' "$STEP" "$((${EPOCHREALTIME/[.,]/} / 1000))" >>"$ARTIFACTS/steps.tsv"
fi

# Throttling and failures of the network are the AWS CLI's and the CDK's to retry: 6 attempts, up to 20 s apart, instead of 3.
# Adaptive mode would slow down one process, and each call here is one.
# https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-retries.html
export AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=6

# Without them, the loops over the images would end at once, and well.
: "${IMAGES:?is not set: the project gives it}" "${APP_DIR:?is not set: the project gives it}"

# Prints name, context (from the root), repository, service and the most megabytes (may be missing) of every image, a line each.
images() {
  local row name context repository service megabytes
  for row in $IMAGES; do
    IFS=, read -r name context repository service megabytes <<<"$row"
    printf '%s %s %s %s %s\n' "$name" "$APP_DIR/$context" "$repository" "$service" "$megabytes"
  done
}

# What has requirements is installed, tested and stored as Python, anything else as a Node.js package.
is_python() { [[ -f $1/requirements.txt ]]; }

# True when the image has to be built; see plan.sh.
is_built() { [[ " $IMAGES_TO_BUILD " == *" $1 "* ]]; }

# The same as images, of those that are built; given names, of these alone.
built_images() {
  local row name rest
  while read -r row; do
    read -r name rest <<<"$row"
    is_built "$name" || continue
    (($# == 0)) || [[ " $* " == *" $name "* ]] || continue
    printf '%s\n' "$row"
  done < <(images)
}

# A report group without a file fails the build in UPLOAD_ARTIFACTS, after the deployment: until an image's tests have written
# their report, one skipped case stands for them.
report_no_tests() {
  printf '<testsuites><testsuite name="%s" tests="1" skipped="1"><testcase name="no report in this build"><skipped/></testcase></testsuite></testsuites>\n' \
    "$1" >"$ARTIFACTS/test-reports/$1.xml"
}

# Prints a row of side-by-side.mjs: name, what it comes after or -, command.
step() {
  local IFS=$'\t'
  printf '%s\n' "$*"
}

# Runs the steps of the standard input side by side.
side_by_side() { node ci/side-by-side.mjs "$ARTIFACTS/steps.tsv"; }

# Prints why docker failed, out of what it has printed: BuildKit's verdict, or else the last line.
reason_of() { awk '/^ERROR:/ { verdict = $0 } NF { last = $0 } END { print verdict != "" ? verdict : last }' "$1"; }

# True for what passes by itself: a registry that throttles or is out of order, and a network that breaks off. False for whatever a
# command in a Dockerfile has met, for a refusal, and for a day's quota of pulls, which no build can wait for.
is_transient() {
  local reason="${1,,}"
  ! [[ $reason =~ did\ not\ complete\ successfully|denied|unauthorized|forbidden|immutable|pull\ rate\ limit ]] || return 1
  [[ $reason =~ too\ ?many\ ?requests|rate\ exceeded|tls\ handshake\ timeout|i/o\ timeout|deadline\ exceeded|client\.timeout|connection\ (reset|refused)|broken\ pipe|temporary\ failure\ in\ name\ resolution|server\ misbehaving|unexpected\ eof|:\ eof$|(status|http)[^0-9]{0,24}(429|50[0234])|50[0234]\ (internal|bad|service|gateway) ]]
}

# Runs a docker command, and again where what failed passes by itself; what it prints goes to the log, and the last try's to a file:
# retry FILE docker …
retry() {
  local said=$1 most=4 attempt status pause reason
  shift
  for ((attempt = 1; ; attempt++)); do
    status=0
    "$@" 2>&1 | tee "$said" || status=$?
    ((status != 0)) || return 0
    reason="$(reason_of "$said")"
    if ((attempt == most)) || ! is_transient "$reason"; then return "$status"; fi
    # 2, 4 and 8 s, and up to half as much again: builds that were throttled together do not come back together.
    pause="$((${RETRY_SECONDS:-2} * 2 ** (attempt - 1)))"
    pause="$((pause + RANDOM % (pause / 2 + 1)))"
    say "$1 ${2:-} will be tried again in $pause s ($((attempt + 1)) of $most): $reason"
    sleep "$pause"
  done
}

# Whether the selected builder can write layers to a registry. All drivers can but that of Docker's own daemon, which needs
# containerd's image store for it. CodeBuild's images start the daemon without (--storage-driver=overlay2).
# https://docs.docker.com/build/cache/backends/
writes_to_registry() {
  local builder
  builder="$(docker buildx inspect --bootstrap)" || return
  [[ $builder =~ Driver:\ +[a-z] ]] || return
  ! [[ $builder =~ Driver:\ +docker[[:space:]] ]] || [[ $builder == *org.mobyproject.buildkit.worker.snapshotter:* ]]
}

# Prints the tag of this build's images: IMAGE_TAG where start-build gave one, else the commit. What is built anew on purpose
# (REBUILD=1) gets the build's number as well: the tag of the commit is taken, and immutable.
image_tag() {
  local commit="$CODEBUILD_RESOLVED_SOURCE_VERSION"
  [[ ${REBUILD:-} != 1 ]] || commit+="-$CODEBUILD_BUILD_NUMBER"
  local tag="${IMAGE_TAG:-$commit}"
  [[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] ||
    fail "IMAGE_TAG: expected a tag of letters, digits, _ . and -, got '$tag'"
  printf '%s\n' "$tag"
}

# The registry of this account and region. The build's own ARN has both, which spares a call.
registry() {
  local partition region account
  IFS=: read -r _ partition _ region account _ <<<"$CODEBUILD_BUILD_ARN"
  local domain=amazonaws.com
  [[ $partition != aws-cn ]] || domain=amazonaws.com.cn
  printf '%s.dkr.ecr.%s.%s\n' "$account" "$region" "$domain"
}

# Logs in to the registry for 12 hours. The password goes from pipe to pipe: neither a process list nor the log has it.
log_in() {
  local said
  said="$(mktemp)"
  retry "$said" log_in_once && rm "$said"
}
log_in_once() { aws ecr get-login-password | docker login --username AWS --password-stdin "$(registry)"; }

# Prints the digest of a repository's tag, or None. (describe-images would fail for a missing one.)
digest_of() {
  aws ecr batch-get-image --repository-name "$1" --image-ids "imageTag=$2" \
    --query 'images[0].imageId.imageDigest' --output text
}

# Writes the manifest of an image, imageTag=… or imageDigest=…, to a file, and prints its digest, or None.
manifest_of() {
  local told
  # The line feed at the end is no part of the manifest, and any before it are: without them, the digest would be another. In
  # $(…), where this function runs, bash goes on after a failure.
  told="$(aws ecr batch-get-image --repository-name "$1" --image-ids "$2" \
    --query 'images[0].[imageId.imageDigest, imageManifest]' --output text && printf .)" || return
  told="${told%$'\n'.}"
  printf '%s' "${told#*$'\t'}" >"$3"
  printf '%s\n' "${told%%$'\t'*}"
}

# Gives an image of a repository one more tag: digest and file of its manifest, tag. Nothing is pulled or pushed. Prints
# `taken` where an immutable tag is another image's.
give_tag() {
  local error
  if error="$(aws ecr put-image --repository-name "$1" --image-digest "$2" --image-manifest "file://$3" --image-tag "$4" \
    --query image.imageId.imageDigest --output text 2>&1 >/dev/null)"; then
    return
  fi
  case $error in
    *ImageAlreadyExistsException*) ;;
    *ImageTagAlreadyExistsException*) printf 'taken\n' ;;
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
    *LimitExceededException* | *'tags per image'*) fail "$error" "$1@$2 has all the tags that an image can have: a build with REBUILD=1 makes another image" ;;
    *) fail "$error" ;;
  esac
}

# From here on, AWS is asked where the application is deployed.
go_to_target_region() {
  local region="${TARGET_REGION:-}"
  [[ -z $region ]] || export AWS_REGION="$region" AWS_DEFAULT_REGION="$region"
}

# And by the role that may look there; where it is the pipeline's own account and region, the build itself may.
take_rollout_role() {
  local role="${ROLLOUT_ROLE_ARN:-}"
  [[ -z $role ]] || assume_role "$role"
}

# Goes on with the credentials of a role.
assume_role() {
  local credentials
  credentials="$(aws sts assume-role --role-arn "$1" --role-session-name "${CODEBUILD_BUILD_ARN##*:}" \
    --query 'Credentials.[AccessKeyId, SecretAccessKey, SessionToken]' --output text)" || return
  IFS=$'\t' read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<<"$credentials"
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
}

# Tells, of services, why their tasks stopped, for whoever reads the log of a rollout that came to nothing.
explain_services() { node "${ARTIFACTS%/*}/ci/stopped-tasks.mjs" "$ARTIFACTS" "$ECS_CLUSTER" "$@"; }

# Writes the record of the release that is live to a file; nothing where there is none yet.
live_release() {
  local error
  error="$(aws ssm get-parameter --name "$RELEASE_PARAMETER" --query Parameter.Value --output text 2>&1 >"$1")" ||
    no_release "$error"
}

# Writes those of the last hundred releases to a file, as a list, oldest first.
recorded_releases() {
  local error
  error="$(aws ssm get-parameter-history --name "$RELEASE_PARAMETER" --query 'Parameters[].Value' --output json 2>&1 >"$1")" ||
    no_release "$error"
}

no_release() { [[ $1 == *ParameterNotFound* ]] || fail "$1"; }

# Writes what CloudFormation says of the application's stacks to a file: each as JSON, nothing where there is none, and a separator.
# Of their parameters, no values: the artifacts keep the file. In a shell of its own, because the role that may look there may not
# look here.
describe_stacks() (
  go_to_target_region
  take_rollout_role || exit
  : >"$1"
  for stack in $CDK_STACK_NAME; do
    if ! error="$(aws cloudformation describe-stacks --stack-name "$stack" --output json --query \
      'Stacks[0].{StackName: StackName, StackStatus: StackStatus, CreationTime: CreationTime, LastUpdatedTime: LastUpdatedTime, Outputs: Outputs, Tags: Tags, Parameters: Parameters[].ParameterKey, Resolved: Parameters[?ResolvedValue].{ParameterKey: ParameterKey, ParameterValue: ParameterValue}}' \
      2>&1 >>"$1")"; then
      [[ $error == *'does not exist'* ]] || fail "$error"
    fi
    printf '\036' >>"$1"
  done
)

# Decides whether the application has to be deployed, with the images of a file (each name, and image by digest), by files of the
# live release's record and of the stacks. Writes .artifacts/deployment.tsv: what_to_deploy, the key of all that decides what would
# be deployed, and why.
decide_deployment() { node ci/plan.mjs deployment "$@" "$ARTIFACTS"; }

# The same, once it is decided that it has to be, and why.
set_deployment() {
  local key
  key="$(node ci/plan.mjs key "$1")"
  printf 'deploy\t%s\t%s\n' "$key" "$2" >"$ARTIFACTS/deployment.tsv"
}

# Prints what was decided last: deploy (also where nothing was), skip, or restore, which deploys what a release was deployed by.
what_to_deploy() {
  local what=deploy
  [[ ! -e $ARTIFACTS/deployment.tsv ]] || IFS=$'\t' read -r what _ <"$ARTIFACTS/deployment.tsv"
  printf '%s\n' "$what"
}

# The repository's address. CodeBuild does not tell it to a build of CodePipeline's, whose project gives it instead.
repository_url() {
  local url="${REPOSITORY_URL:-${CODEBUILD_SOURCE_REPO_URL:-}}"
  printf '%s\n' "${url%.git}"
}

# Synthesizes the application into $ARTIFACTS/cdk/cdk.out, with images by digest, each name=image. Goes to its CDK app for that, with
# the CLI that its lock file pins as $cdk.
synthesize() {
  local image context
  # Each environment of an account has a bootstrap of its own.
  context=(--context "@aws-cdk/core:bootstrapQualifier=$BOOTSTRAP_QUALIFIER")
  for image in "$@"; do context+=(--context "${image/=/Image=}"); done
  # The CLI takes the region for stacks that name none. Those of another account have to name it: CDK_DEFAULT_ACCOUNT is the
  # build's own, whatever is exported.
  go_to_target_region
  cd "$APP_DIR/cdk"
  cdk=./node_modules/.bin/cdk
  [[ -x $cdk ]] || fail "$APP_DIR/cdk/package.json does not have aws-cdk: the CLI is the one that the lock file pins"
  say "synthesizing $CDK_STACK_NAME for $CDK_ENV"
  "$cdk" synth --quiet --no-notices --output "$ARTIFACTS/cdk/cdk.out" "${context[@]}"
}

# The same with the pushed images; and tells what is known of the stacks.
synthesize_pushed() {
  local name uri pushed=()
  while IFS=$'\t' read -r name _ uri _; do pushed+=("$name=$uri"); done <"$ARTIFACTS/images.tsv"
  synthesize "${pushed[@]}"
  node "${ARTIFACTS%/*}/ci/templates.mjs" "$ARTIFACTS"
}

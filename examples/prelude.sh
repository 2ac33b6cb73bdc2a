# How every walkthrough begins: where the engine is, a folder of its own that goes at the end, and a few words to tell
# the story with. Sourced by bash, not run.
# shellcheck shell=bash disable=SC2034
set -euo pipefail

# What `npm start` prints. The AWS command line, boto3 and the SDK for JavaScript read the same variables; a profile or
# a setting of yours must not send these calls to AWS instead.
export AWS_ENDPOINT_URL_KMS=${PORTCULLIS_KMS_URL:-${AWS_ENDPOINT_URL_KMS:-http://127.0.0.1:4599}}
export AWS_REGION=${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}
export AWS_DEFAULT_REGION=$AWS_REGION
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-demo}
export AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-demo}
export AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false AWS_EC2_METADATA_DISABLED=true AWS_PAGER=
unset AWS_PROFILE AWS_DEFAULT_PROFILE

HERE=$(cd "$(dirname "$0")" && pwd)
EXAMPLES=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$EXAMPLES")

# The tools that `npm test` installs serve where this machine has none of its own. The Node.js of this project comes
# first: not every other one runs TypeScript.
PATH=$ROOT/node_modules/.bin:$PATH:$ROOT/.clients/python/bin

# The endpoint is spelled out as well, since versions of 2023 and before do not know the variable.
aws() {
  command aws --endpoint-url "$AWS_ENDPOINT_URL_KMS" "$@"
}

say() {
  printf '%s\n' "$*"
}

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || fail "this walkthrough needs the command $tool"
  done
}

# Runs a command that has to be refused with the error named, and says how it was put.
refused() {
  local error=$1 text
  shift
  if text=$("$@" 2>&1 >/dev/null); then fail "this was to be refused with $error, and was not: $*"; fi
  case $text in
    *"An error occurred ($error)"*) printf '  An error%s\n' "${text#*An error}" ;;
    *) fail "this was to be refused with $error: $*. It said: $text" ;;
  esac
}

same_file() {
  cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

# Remembers a command for the end, where the last one remembered runs first.
at_end() {
  AT_END="$*
$AT_END"
}
AT_END=

# The folder is removed in the end, unless EXAMPLES_KEEP is set: then it stays, to be looked at.
finish() {
  local status=$?
  set +e
  cd "$ROOT" || exit 1
  if [ "$status" -ne 0 ]; then
    printf 'The walkthrough stopped. It needs an engine at %s; npm start runs one.\n' "$AWS_ENDPOINT_URL_KMS" >&2
  fi
  eval "$AT_END" >/dev/null 2>&1
  if [ -n "${EXAMPLES_KEEP:-}" ]; then say "Kept: $FOLDER"; else rm -rf "$FOLDER"; fi
  exit "$status"
}

need aws base64
FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/portcullis-example.XXXXXXXX")
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$FOLDER"
# Names that nobody else has, for aliases.
RUN=${FOLDER##*.}

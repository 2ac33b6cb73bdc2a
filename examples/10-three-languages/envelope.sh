#!/usr/bin/env bash
# Encrypts and decrypts files of the format in README.md.
#   envelope.sh encrypt <key> <name=value> <from> <to>
#   envelope.sh decrypt <name=value> <from> <to>
# Needs the aws command line and openssl; endpoint, Region and credentials come from the environment. The plain data
# key is in variables and pipes alone, neither in files nor in arguments.
set -euo pipefail
. "$(dirname "$0")/../hmac-sha256.sh"

main() {
  case "${1:-} $#" in
    'encrypt 5') encrypt "$2" "$3" "$4" "$5" ;;
    'decrypt 4') decrypt "$2" "$3" "$4" ;;
    *) fail 'usage: envelope.sh encrypt <key> <name=value> <from> <to> | decrypt <name=value> <from> <to>' ;;
  esac
}

encrypt() {
  local key=$1 context=$2 from=$3 to=$4 answer encrypted data_key body lines
  answer=$(aws kms generate-data-key --key-id "$key" --number-of-bytes 64 --encryption-context "$context" \
    --query '[CiphertextBlob,Plaintext]' --output text)
  encrypted=${answer%%[[:space:]]*}
  data_key=$(printf '%s' "${answer##*[[:space:]]}" | hex)
  body=$(printf '%s\n' "${data_key:0:64}" | cipher -e -in "$from" | base64 | tr -d '\n')
  lines=$(printf '%s\n' "$VERSION" "$encrypted" "$body")
  { printf '%s\n' "$lines" && printf '%s\n' "$lines" | hmac_sha256 "${data_key:64}"; } >"$to"
}

decrypt() {
  local context=$1 from=$2 to=$3 version encrypted body hmac rest data_key
  {
    read -r version && read -r encrypted && read -r body && read -r hmac && ! read -r rest && [ -z "$rest" ]
  } <"$from" || fail "$from is not an envelope of four lines"
  [ "$version" = "$VERSION" ] || fail "$from is not $VERSION"
  # A pipe, so that no file is needed for what goes to KMS.
  data_key=$(printf '%s' "$encrypted" | base64 --decode |
    aws kms decrypt --ciphertext-blob fileb:///dev/stdin --encryption-context "$context" \
      --query Plaintext --output text | hex)
  [ "$(printf '%s\n' "$version" "$encrypted" "$body" | hmac_sha256 "${data_key:64}")" = "$hmac" ] ||
    fail "$from was changed: its HMAC does not fit"
  # openssl reads the passphrase from one pipe and the ciphertext from another.
  printf '%s\n' "${data_key:0:64}" | cipher -d -in <(printf '%s' "$body" | base64 --decode) -out "$to"
}

cipher() {
  openssl enc -aes-256-cbc -pbkdf2 -md sha256 -iter 10000 -pass stdin "$@"
}

# Reads base64, prints hexadecimal digits.
hex() {
  base64 --decode | od -An -v -tx1 | tr -d ' \n'
}

fail() {
  printf 'envelope.sh: %s\n' "$*" >&2
  exit 1
}

VERSION='portcullis-example-envelope 1'
main "$@"

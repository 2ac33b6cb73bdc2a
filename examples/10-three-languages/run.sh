#!/usr/bin/env bash
# Three programs in three languages, one file format, one key: each reads what each has written. README.md says how the
# format is made.
. "$(dirname "$0")/../prelude.sh"
need openssl node

# boto3 and cryptography are in the environment that `npm test` makes, or in yours.
python=python3
if ! "$python" -c 'import boto3, cryptography' 2>/dev/null; then python=$ROOT/.clients/python/bin/python; fi
"$python" -c 'import boto3, cryptography' 2>/dev/null ||
  fail "no Python with boto3 and cryptography was found: pip install boto3 cryptography"

program() {
  local language=$1
  shift
  case $language in
    TypeScript) node "$HERE/envelope.ts" "$@" ;;
    Python) "$python" "$HERE/envelope.py" "$@" ;;
    shell) "$HERE/envelope.sh" "$@" ;;
  esac
}

key=$(aws kms create-key --description 'walkthrough 10' --query KeyMetadata.KeyId --output text)
at_end aws kms schedule-key-deletion --key-id "$key" --pending-window-in-days 7
alias=alias/example-$RUN
aws kms create-alias --alias-name "$alias" --target-key-id "$key"
at_end aws kms delete-alias --alias-name "$alias"
printf 'The gate opens at dawn.\n\0Bytes that are no text: \377\n' >letter
say "Made the key $key and the alias $alias for it."

for writer in TypeScript Python shell; do
  program "$writer" encrypt "$alias" recipient=bob letter "$writer.envelope"
  for reader in TypeScript Python shell; do
    program "$reader" decrypt recipient=bob "$writer.envelope" "$writer.$reader"
    same_file letter "$writer.$reader"
    say "$writer wrote a letter, $reader read it."
  done
done

# The same lines, the third one altered.
sed '3s/^U2FsdGVkX1../U2FsdGVkX1AA/' shell.envelope >changed.envelope
for reader in TypeScript Python shell; do
  if program "$reader" decrypt recipient=bob changed.envelope changed 2>said; then
    fail "$reader read a letter that was changed"
  fi
  grep -q 'HMAC does not fit' said || fail "$reader refused the changed letter for another reason: $(cat said)"
  if program "$reader" decrypt recipient=eve shell.envelope changed 2>said; then
    fail "$reader read a letter for somebody else"
  fi
  grep -q InvalidCiphertextException said || fail "$reader refused the other context otherwise: $(cat said)"
  [ ! -e changed ] || fail "$reader wrote something of a letter that it refused"
  say "$reader refuses a letter that was changed, and one for another recipient."
done

say "All as expected."

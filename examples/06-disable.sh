#!/usr/bin/env bash
# A key is disabled, refuses its service, and is enabled again. Nothing is lost meanwhile.
. "$(dirname "$0")/prelude.sh"

state() {
  aws kms describe-key --key-id "$key" --query KeyMetadata.KeyState --output text
}

key=$(aws kms create-key --description 'walkthrough 6' --query KeyMetadata.KeyId --output text)
at_end aws kms schedule-key-deletion --key-id "$key" --pending-window-in-days 7
printf 'The gate opens at dawn.\n' >letter.txt
aws kms encrypt --key-id "$key" --plaintext fileb://letter.txt --query CiphertextBlob --output text |
  base64 --decode >letter.encrypted
say "Made the key $key and encrypted a letter with it. The key is $(state)."

aws kms disable-key --key-id "$key"
say "Disabled the key. The key is $(state). It neither decrypts nor encrypts:"
refused DisabledException aws kms decrypt --ciphertext-blob fileb://letter.encrypted
refused DisabledException aws kms encrypt --key-id "$key" --plaintext fileb://letter.txt

aws kms enable-key --key-id "$key"
say "Enabled the key. The key is $(state)."
aws kms decrypt --ciphertext-blob fileb://letter.encrypted --query Plaintext --output text |
  base64 --decode >letter.decrypted
same_file letter.txt letter.decrypted
say "The letter decrypts again."

say "All as expected."

#!/usr/bin/env bash
# A key is scheduled for deletion, refuses its service while it waits, and is saved in time. Without that, everything
# under it would be lost after the window, which is why there is one.
. "$(dirname "$0")/prelude.sh"

state() {
  aws kms describe-key --key-id "$key" --query KeyMetadata.KeyState --output text
}

key=$(aws kms create-key --description 'walkthrough 7' --query KeyMetadata.KeyId --output text)
at_end aws kms schedule-key-deletion --key-id "$key" --pending-window-in-days 7
printf 'The gate opens at dawn.\n' >letter.txt
aws kms encrypt --key-id "$key" --plaintext fileb://letter.txt --query CiphertextBlob --output text |
  base64 --decode >letter.encrypted
say "Made the key $key and encrypted a letter with it."

window=$(aws kms schedule-key-deletion --key-id "$key" --pending-window-in-days 7 \
  --query PendingWindowInDays --output text)
say "Scheduled its deletion in $window days. The key is $(state), and already does nothing:"
refused KMSInvalidStateException aws kms decrypt --ciphertext-blob fileb://letter.encrypted
say "Nor can it be enabled:"
refused KMSInvalidStateException aws kms enable-key --key-id "$key"

aws kms cancel-key-deletion --key-id "$key" >/dev/null
say "Cancelled the deletion. The key is $(state): it waits for somebody to enable it."
aws kms enable-key --key-id "$key"
aws kms decrypt --ciphertext-blob fileb://letter.encrypted --query Plaintext --output text |
  base64 --decode >letter.decrypted
same_file letter.txt letter.decrypted
say "Enabled the key. The key is $(state), and the letter decrypts."

say "All as expected."

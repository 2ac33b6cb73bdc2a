#!/usr/bin/env bash
# Rotation by hand: programs name an alias, and the alias moves to a new key. It is the way for keys that KMS does not
# rotate, such as those with a public half, and for whoever wants the old key to be gone one day.
. "$(dirname "$0")/prelude.sh"

# Prints the id of the key that decrypts the file.
key_of() {
  aws kms decrypt --ciphertext-blob "fileb://$1" --query KeyId --output text | sed 's|.*/||'
}

encrypt() {
  aws kms encrypt --key-id "$alias" --plaintext fileb://letter.txt --query CiphertextBlob --output text |
    base64 --decode >"$1"
}

first=$(aws kms create-key --description 'walkthrough 9, first' --query KeyMetadata.KeyId --output text)
at_end aws kms schedule-key-deletion --key-id "$first" --pending-window-in-days 7
alias=alias/example-$RUN
aws kms create-alias --alias-name "$alias" --target-key-id "$first"
at_end aws kms delete-alias --alias-name "$alias"
printf 'The gate opens at dawn.\n' >letter.txt
encrypt old.encrypted
say "Encrypted a letter by the alias $alias, which means the key $first."

second=$(aws kms create-key --description 'walkthrough 9, second' --query KeyMetadata.KeyId --output text)
at_end aws kms schedule-key-deletion --key-id "$second" --pending-window-in-days 7
aws kms update-alias --alias-name "$alias" --target-key-id "$second"
encrypt new.encrypted
say "Moved the alias to the key $second and encrypted the letter again, with the same command."

[ "$(key_of old.encrypted)" = "$first" ] || fail "the old ciphertext is not under the first key"
[ "$(key_of new.encrypted)" = "$second" ] || fail "the new ciphertext is not under the second key"
say "Both decrypt: KMS finds the key of each in the ciphertext."

say "By the alias the old one does not: whoever names a key when decrypting has to name the right one."
refused IncorrectKeyException aws kms decrypt --key-id "$alias" --ciphertext-blob fileb://old.encrypted

# The plaintext does not leave KMS on the way.
aws kms re-encrypt --ciphertext-blob fileb://old.encrypted --destination-key-id "$alias" \
  --query CiphertextBlob --output text | base64 --decode >moved.encrypted
aws kms disable-key --key-id "$first"
aws kms decrypt --key-id "$alias" --ciphertext-blob fileb://moved.encrypted --query Plaintext --output text |
  base64 --decode >letter.decrypted
same_file letter.txt letter.decrypted
say "Encrypted the old ciphertext again under the second key, and disabled the first: nothing needs it any more."

say "All as expected."

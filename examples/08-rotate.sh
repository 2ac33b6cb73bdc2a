#!/usr/bin/env bash
# A key gets new material, by rotation on demand and every year from then on. It stays the same key: no ciphertext
# changes, no name, no policy, and KMS finds the material that each ciphertext needs.
. "$(dirname "$0")/prelude.sh"

current_material() {
  aws kms describe-key --key-id "$key" --query KeyMetadata.CurrentKeyMaterialId --output text
}

# Prints the id of the material that decrypted the file.
material_of() {
  aws kms decrypt --ciphertext-blob "fileb://$1" --query KeyMaterialId --output text
}

encrypt() {
  aws kms encrypt --key-id "$key" --plaintext fileb://letter.txt --query CiphertextBlob --output text |
    base64 --decode >"$1"
}

key=$(aws kms create-key --description 'walkthrough 8' --query KeyMetadata.KeyId --output text)
at_end aws kms schedule-key-deletion --key-id "$key" --pending-window-in-days 7
first=$(current_material)
printf 'The gate opens at dawn.\n' >letter.txt
encrypt old.encrypted
say "Made the key $key and encrypted a letter with it."

# The command returns at once; AWS takes a while for the rotation itself.
aws kms rotate-key-on-demand --key-id "$key" >/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
  second=$(current_material)
  [ "$second" = "$first" ] || break
  sleep 1
done
[ "$second" != "$first" ] || fail "the key still has its first material"
encrypt new.encrypted
say "Rotated the key and encrypted the letter again."

[ "$(material_of old.encrypted)" = "$first" ] || fail "the old ciphertext was decrypted with other material"
[ "$(material_of new.encrypted)" = "$second" ] || fail "the new ciphertext was decrypted with other material"
say "Both decrypt, each with its own material:"
say "  old: KeyMaterialId $first"
say "  new: KeyMaterialId $second"
aws kms decrypt --ciphertext-blob fileb://old.encrypted --query Plaintext --output text | base64 --decode >old
aws kms decrypt --ciphertext-blob fileb://new.encrypted --query Plaintext --output text | base64 --decode >new
same_file letter.txt old
same_file letter.txt new

rotations=$(aws kms list-key-rotations --key-id "$key" --query 'Rotations[].RotationType' --output text)
say "Rotations of the key so far: $rotations"

aws kms enable-key-rotation --key-id "$key" --rotation-period-in-days 365
period=$(aws kms get-key-rotation-status --key-id "$key" --query RotationPeriodInDays --output text)
say "From now on it rotates by itself, every $period days."

say "All as expected."

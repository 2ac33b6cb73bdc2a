#!/usr/bin/env bash
# A key and a name for it; a small file encrypted and decrypted, bound to a context; and where 4 KB end.
. "$(dirname "$0")/prelude.sh"

key=$(aws kms create-key --description 'walkthrough 1' --query KeyMetadata.KeyId --output text)
at_end aws kms schedule-key-deletion --key-id "$key" --pending-window-in-days 7
alias=alias/example-$RUN
aws kms create-alias --alias-name "$alias" --target-key-id "$key"
at_end aws kms delete-alias --alias-name "$alias"
say "Made the key $key and the alias $alias for it."

printf 'The gate opens at dawn.\n' >letter.txt
aws kms encrypt --key-id "$alias" --plaintext fileb://letter.txt --encryption-context purpose=letter \
  --query CiphertextBlob --output text | base64 --decode >letter.encrypted
say "Encrypted letter.txt: $(wc -c <letter.txt | tr -d ' ') bytes became $(wc -c <letter.encrypted | tr -d ' ')."

# No key is named: the ciphertext says which one it needs.
aws kms decrypt --ciphertext-blob fileb://letter.encrypted --encryption-context purpose=letter \
  --query Plaintext --output text | base64 --decode >letter.decrypted
same_file letter.txt letter.decrypted
say "Decrypted letter.encrypted: it is letter.txt again."

say "Under another context it does not decrypt, and the error does not say why:"
refused InvalidCiphertextException \
  aws kms decrypt --ciphertext-blob fileb://letter.encrypted --encryption-context purpose=bill

head -c 4096 /dev/zero >4096.bytes
aws kms encrypt --key-id "$alias" --plaintext fileb://4096.bytes --query CiphertextBlob --output text >/dev/null
say "4096 bytes can be encrypted."

say "4097 bytes cannot; walkthrough 2 is for what is larger:"
head -c 4097 /dev/zero >4097.bytes
refused ValidationException aws kms encrypt --key-id "$alias" --plaintext fileb://4097.bytes

say "All as expected."

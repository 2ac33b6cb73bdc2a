#!/usr/bin/env bash
# Envelope encryption: a large file encrypted by openssl under a data key of its own, which KMS encrypts; and the way
# back. The data key is 64 random bytes: the first 32 are the passphrase of `openssl enc`, the last 32 the key of an
# HMAC over what it wrote, since `openssl enc` has no cipher that authenticates. The plain data key is in variables of
# this shell and in pipes: never in a file, and never in an argument, which every user of the machine could read.
. "$(dirname "$0")/prelude.sh"
. "$EXAMPLES/hmac-sha256.sh"
need openssl od

# Reads base64, prints hexadecimal digits.
hex() {
  base64 --decode | od -An -v -tx1 | tr -d ' \n'
}

# Reads the passphrase. That is random and as long as a key: the rounds of -pbkdf2 are not there to make it stronger,
# but are how openssl makes an AES key and an IV out of it.
cipher() {
  openssl enc -aes-256-cbc -pbkdf2 -md sha256 -iter 10000 -pass stdin "$@"
}

key=$(aws kms create-key --description 'walkthrough 2' --query KeyMetadata.KeyId --output text)
at_end aws kms schedule-key-deletion --key-id "$key" --pending-window-in-days 7
openssl rand -out archive.tar 5000000
say "Made the key $key and a file of 5000000 bytes."

# One answer holds the data key twice: encrypted, to be kept, and plain, to be used now.
answer=$(aws kms generate-data-key --key-id "$key" --number-of-bytes 64 --encryption-context file=archive.tar \
  --query '[CiphertextBlob,Plaintext]' --output text)
printf '%s' "${answer%%[[:space:]]*}" | base64 --decode >archive.key
data_key=$(printf '%s' "${answer##*[[:space:]]}" | hex)
printf '%s\n' "${data_key:0:64}" | cipher -e -in archive.tar -out archive.encrypted
hmac_sha256 "${data_key:64}" <archive.encrypted >archive.hmac
unset answer data_key
mv archive.tar original
say "Encrypted it. What is kept: archive.encrypted, archive.hmac, and archive.key, which only KMS can decrypt."

# Later, elsewhere. The HMAC is checked before anything is decrypted.
data_key=$(aws kms decrypt --ciphertext-blob fileb://archive.key --encryption-context file=archive.tar \
  --query Plaintext --output text | hex)
[ "$(hmac_sha256 "${data_key:64}" <archive.encrypted)" = "$(cat archive.hmac)" ] || fail "the HMAC does not fit"
printf '%s\n' "${data_key:0:64}" | cipher -d -in archive.encrypted -out archive.tar
same_file original archive.tar
say "Recovered it: KMS decrypted the data key, the HMAC fits, and archive.tar is what it was."

cp archive.encrypted archive.changed
printf x >>archive.changed
if [ "$(hmac_sha256 "${data_key:64}" <archive.changed)" = "$(cat archive.hmac)" ]; then
  fail "the HMAC fits a changed file"
fi
unset data_key
say "With one byte added to archive.encrypted the HMAC does not fit, and nothing is decrypted."

say "The data key belongs to this file's name. For another one KMS does not decrypt it:"
refused InvalidCiphertextException \
  aws kms decrypt --ciphertext-blob fileb://archive.key --encryption-context file=other.tar

say "All as expected."

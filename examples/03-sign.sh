#!/usr/bin/env bash
# KMS signs, openssl verifies: RSA with PSS and with PKCS #1 v1.5, ECDSA over P-256, Ed25519; and a file too large to be
# sent. The reverse does not exist: to sign takes the private key, which never leaves KMS, so openssl can verify such a
# signature and never make one. Whoever holds the public key needs neither KMS nor an account.
. "$(dirname "$0")/prelude.sh"
need openssl

# Makes a key, and keeps its id in $key and its public half in key.pem.
new_key() {
  key=$(aws kms create-key --description 'walkthrough 3' --key-usage SIGN_VERIFY --key-spec "$1" \
    --query KeyMetadata.KeyId --output text)
  at_end aws kms schedule-key-deletion --key-id "$key" --pending-window-in-days 7
  aws kms get-public-key --key-id "$key" --query PublicKey --output text | base64 --decode |
    openssl pkey -pubin -inform DER -out key.pem
  say "Made the key $key ($1) and fetched its public half."
}

# sign <algorithm> <RAW or DIGEST> <file>
sign() {
  aws kms sign --key-id "$key" --signing-algorithm "$1" --message-type "$2" --message "fileb://$3" \
    --query Signature --output text | base64 --decode >"$3.signature"
}

# By openssl: <what to verify with>, then the file, which is to fit its signature and not to fit when changed.
verified() {
  local file=$1
  shift
  "$@" "$file" >/dev/null 2>&1 || fail "openssl does not take the signature of $file"
  { cat "$file" && printf x; } >changed
  cp "$file.signature" changed.signature
  if "$@" changed >/dev/null 2>&1; then fail "openssl takes the signature for another file"; fi
}

pss() {
  openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest \
    -verify key.pem -signature "$1.signature" "$1"
}

sha256_signature() {
  openssl dgst -sha256 -verify key.pem -signature "$1.signature" "$1"
}

ed25519() {
  openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in "$1" -sigfile "$1.signature"
}

printf 'The gate opens at dawn.\n' >letter.txt

new_key RSA_2048
sign RSASSA_PSS_SHA_256 RAW letter.txt
verified letter.txt pss
say "  RSASSA_PSS_SHA_256: openssl verifies it."
sign RSASSA_PKCS1_V1_5_SHA_256 RAW letter.txt
verified letter.txt sha256_signature
say "  RSASSA_PKCS1_V1_5_SHA_256: openssl verifies it."

new_key ECC_NIST_P256
sign ECDSA_SHA_256 RAW letter.txt
verified letter.txt sha256_signature
say "  ECDSA_SHA_256: openssl verifies it."

# KMS takes 4096 bytes of a message, or the digest of a message of any length.
openssl rand -out large.bin 5000000
head -c 4097 large.bin >4097.bytes
say "  A message of 4097 bytes is too large to be sent:"
refused ValidationException aws kms sign --key-id "$key" --signing-algorithm ECDSA_SHA_256 --message fileb://4097.bytes
openssl dgst -sha256 -binary large.bin >large.digest
sign ECDSA_SHA_256 DIGEST large.digest
mv large.digest.signature large.bin.signature
verified large.bin sha256_signature
say "  ECDSA_SHA_256 of the digest of 5000000 bytes: openssl verifies it over all of them."

# KMS verifies too, for those who are to ask it, and says no by an error.
printf 'The gate opens at noon.\n' >other.txt
sign ECDSA_SHA_256 RAW letter.txt
valid=$(aws kms verify --key-id "$key" --signing-algorithm ECDSA_SHA_256 --message fileb://letter.txt \
  --signature fileb://letter.txt.signature --query SignatureValid --output text)
say "  KMS itself on the letter's signature: SignatureValid $valid. For another letter:"
refused KMSInvalidSignatureException aws kms verify --key-id "$key" --signing-algorithm ECDSA_SHA_256 \
  --message fileb://other.txt --signature fileb://letter.txt.signature

# Ed25519 reads the message twice, so there is no digest to send: 4096 bytes are the end of ED25519_SHA_512.
new_key ECC_NIST_EDWARDS25519
sign ED25519_SHA_512 RAW letter.txt
verified letter.txt ed25519
say "  ED25519_SHA_512: openssl verifies it."

say "All as expected."

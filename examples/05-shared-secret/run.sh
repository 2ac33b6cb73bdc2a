#!/usr/bin/env bash
# Two parties get the same secret without sending it: by ECDH, where each has a key and knows the other's public half,
# and by ML-KEM, which withstands quantum computers, where one has a key and the other sends a ciphertext. Bob's private
# keys are in KMS and stay there. Alice has no KMS: she uses openssl, and for ML-KEM the
# program beside this one, which speaks for Bob too.
. "$(dirname "$0")/../prelude.sh"
need openssl node

# Makes a key of Bob's, and keeps its id in $key and its public half in bob.der.
new_key() {
  key=$(aws kms create-key --description 'walkthrough 5' --key-usage "$1" --key-spec "$2" \
    --query KeyMetadata.KeyId --output text)
  at_end aws kms schedule-key-deletion --key-id "$key" --pending-window-in-days 7
  aws kms get-public-key --key-id "$key" --query PublicKey --output text | base64 --decode >bob.der
}

ml_kem() {
  node "$HERE/ml-kem.ts" "$@"
}

# Both secrets are in base64 and in variables. They are not keys yet: a protocol passes them through a key derivation
# function, together with the names of the parties.
same_secret() {
  [ -n "$1" ] && [ "$1" = "$2" ] || fail "the two have different secrets"
  say "  Both have the same secret of $(printf '%s' "$1" | base64 --decode | wc -c | tr -d ' ') bytes."
}

say "ECDH:"
new_key KEY_AGREEMENT ECC_NIST_P256
say "  Bob has the key $key (ECC_NIST_P256) in KMS."
# Alice's private key is a file, and gone with this folder.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out alice.pem
openssl pkey -in alice.pem -pubout -outform DER -out alice.der
say "  Alice has a key of openssl's. They exchange the public halves."
bobs=$(aws kms derive-shared-secret --key-id "$key" --key-agreement-algorithm ECDH --public-key fileb://alice.der \
  --query SharedSecret --output text)
alices=$(openssl pkeyutl -derive -inkey alice.pem -peerform DER -peerkey bob.der | base64 | tr -d '\n')
same_secret "$alices" "$bobs"

say "ML-KEM:"
new_key ENCAPSULATE_DECAPSULATE ML_KEM_768
say "  Bob has the key $key (ML_KEM_768) in KMS. Alice has its public half."
alices=$(ml_kem encapsulate bob.der alice.ciphertext)
say "  Alice makes a secret and sends Bob $(wc -c <alice.ciphertext | tr -d ' ') bytes."
bobs=$(ml_kem kms-decapsulate "$key" alice.ciphertext)
same_secret "$alices" "$bobs"

carols=$(ml_kem kms-encapsulate "$key" carol.ciphertext)
say "  Carol may use Bob's key in KMS, has KMS make a secret, and sends Bob $(wc -c <carol.ciphertext | tr -d ' ') bytes."
bobs=$(ml_kem kms-decapsulate "$key" carol.ciphertext)
same_secret "$carols" "$bobs"

# Nobody can tell a changed ciphertext from a good one. Bob gets a secret that fits to nothing, and no error.
{ head -c 1000 alice.ciphertext && openssl rand 88; } >changed.ciphertext
bobs=$(ml_kem kms-decapsulate "$key" changed.ciphertext)
[ "$bobs" != "$alices" ] || fail "a changed ciphertext gave the same secret"
say "  Out of a changed ciphertext comes another secret, and no error: what is encrypted under it tells."

say "All as expected."

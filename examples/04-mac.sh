#!/usr/bin/env bash
# A message with a MAC: whoever may ask KMS can tell that it is genuine and unchanged. The HMAC key never leaves KMS, so
# nobody checks one elsewhere; a signature (walkthrough 3) is for readers who have no KMS.
. "$(dirname "$0")/prelude.sh"
need openssl

key=$(aws kms create-key --description 'walkthrough 4' --key-usage GENERATE_VERIFY_MAC --key-spec HMAC_256 \
  --query KeyMetadata.KeyId --output text)
at_end aws kms schedule-key-deletion --key-id "$key" --pending-window-in-days 7
say "Made the key $key (HMAC_256)."

printf 'user=alice role=reader' >ticket
aws kms generate-mac --key-id "$key" --mac-algorithm HMAC_SHA_256 --message fileb://ticket \
  --query Mac --output text | base64 --decode >ticket.mac
say "Made a MAC of $(wc -c <ticket.mac | tr -d ' ') bytes for a ticket."

valid=$(aws kms verify-mac --key-id "$key" --mac-algorithm HMAC_SHA_256 --message fileb://ticket \
  --mac fileb://ticket.mac --query MacValid --output text)
say "The ticket comes back: MacValid $valid."

printf 'user=alice role=owner' >forged
say "A forged one comes back. KMS says no by an error:"
refused KMSInvalidMacException aws kms verify-mac --key-id "$key" --mac-algorithm HMAC_SHA_256 \
  --message fileb://forged --mac fileb://ticket.mac

# KMS takes 4096 bytes. For more, the message is a digest: then both sides have to know that.
openssl rand -out large.bin 5000000
head -c 4097 large.bin >4097.bytes
say "A message of 4097 bytes is too large:"
refused ValidationException aws kms generate-mac --key-id "$key" --mac-algorithm HMAC_SHA_256 --message fileb://4097.bytes
openssl dgst -sha256 -binary large.bin >large.digest
aws kms generate-mac --key-id "$key" --mac-algorithm HMAC_SHA_256 --message fileb://large.digest \
  --query Mac --output text | base64 --decode >large.mac
valid=$(aws kms verify-mac --key-id "$key" --mac-algorithm HMAC_SHA_256 --message fileb://large.digest \
  --mac fileb://large.mac --query MacValid --output text)
say "The SHA-256 digest of 5000000 bytes is not: MacValid $valid."

say "All as expected."

# HMAC-SHA-256 (RFC 2104) of what comes in, by openssl, under a key that no process list shows. `openssl dgst` and
# `openssl mac` take a key as an argument only, and arguments can be read by every user of a machine; so the two hashes
# that an HMAC is made of are taken one by one. printf is part of the shell and starts no process.
# Sourced by bash, not run.
# shellcheck shell=bash

# hmac_sha256 <key: 64 hexadecimal digits>   prints 64 hexadecimal digits
hmac_sha256() {
  local inner='' outer='' at byte octal
  [ "${#1}" -eq 64 ] || return 1
  for ((at = 0; at < 128; at += 2)); do
    byte=${1:at:2}
    byte=$((16#${byte:-00}))
    printf -v octal '\\%03o' $((byte ^ 0x36))
    inner+=$octal
    printf -v octal '\\%03o' $((byte ^ 0x5c))
    outer+=$octal
  done
  # The escapes are the format itself.
  # shellcheck disable=SC2059
  { printf "$inner" && cat; } | openssl dgst -sha256 -binary |
    { printf "$outer" && cat; } | openssl dgst -sha256 -r | cut -c 1-64
}

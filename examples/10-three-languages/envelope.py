#!/usr/bin/env python3
"""Encrypts and decrypts files of the format in README.md.

    envelope.py encrypt <key> <name=value> <from> <to>
    envelope.py decrypt <name=value> <from> <to>

Needs boto3 and cryptography; endpoint, Region and credentials come from the environment.
"""

import base64
import binascii
import hashlib
import hmac
import os
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

VERSION = "portcullis-example-envelope 1"
MAGIC = b"Salted__"
SALT_BYTES = 8
ROUNDS = 10_000


class Refused(Exception):
    """What is wrong, for the person who called."""


def main(arguments: list[str]) -> None:
    match arguments:
        case ["encrypt", key, context, source, target]:
            message = Path(source).read_bytes()
            Path(target).write_bytes(encrypt(key, context_of(context), message))
        case ["decrypt", context, source, target]:
            message = decrypt(context_of(context), Path(source).read_bytes())
            Path(target).write_bytes(message)
        case _:
            raise Refused(
                "usage: envelope.py encrypt <key> <name=value> <from> <to> | decrypt <name=value> <from> <to>"
            )


def encrypt(key: str, context: dict[str, str], message: bytes) -> bytes:
    data_key = boto3.client("kms").generate_data_key(
        KeyId=key, NumberOfBytes=64, EncryptionContext=context
    )
    passphrase, mac_key = split(data_key["Plaintext"])
    salt = os.urandom(SALT_BYTES)
    padder = PKCS7(128).padder()
    encryptor = cipher(passphrase, salt).encryptor()
    padded = padder.update(message) + padder.finalize()
    body = MAGIC + salt + encryptor.update(padded) + encryptor.finalize()
    lines = [
        VERSION,
        base64.b64encode(data_key["CiphertextBlob"]).decode(),
        base64.b64encode(body).decode(),
    ]
    return joined([*lines, mac(mac_key, lines)])


def decrypt(context: dict[str, str], envelope: bytes) -> bytes:
    match envelope.decode("ascii", "replace").split("\n"):
        case [version, data_key, body, tag, ""] if version == VERSION:
            lines = [version, data_key, body]
        case _:
            raise Refused(f"not an envelope of four lines that begins with {VERSION}")
    answer = boto3.client("kms").decrypt(
        CiphertextBlob=base64.b64decode(data_key, validate=True), EncryptionContext=context
    )
    passphrase, mac_key = split(answer["Plaintext"])
    if not hmac.compare_digest(mac(mac_key, lines).encode(), tag.encode()):
        raise Refused("the envelope was changed: its HMAC does not fit")
    raw = base64.b64decode(body, validate=True)
    salt_end = len(MAGIC) + SALT_BYTES
    decryptor = cipher(passphrase, raw[len(MAGIC) : salt_end]).decryptor()
    unpadder = PKCS7(128).unpadder()
    padded = decryptor.update(raw[salt_end:]) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()


def split(data_key: bytes) -> tuple[bytes, bytes]:
    return data_key[:32].hex().encode(), data_key[32:]


def cipher(passphrase: bytes, salt: bytes) -> Cipher:
    derived = hashlib.pbkdf2_hmac("sha256", passphrase, salt, ROUNDS, 48)
    return Cipher(algorithms.AES256(derived[:32]), modes.CBC(derived[32:]))


def mac(key: bytes, lines: list[str]) -> str:
    return hmac.new(key, joined(lines), hashlib.sha256).hexdigest()


def joined(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def context_of(text: str) -> dict[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Refused(f"the encryption context '{text}' is not <name=value>")
    return {name: value}


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Refused, ClientError, BotoCoreError, OSError, binascii.Error) as error:
        sys.exit(f"envelope.py: {error}")

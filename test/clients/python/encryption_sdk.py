"""What an application does with the AWS Encryption SDK for Python and a KMS keyring.

Reads a request from standard input: the ARN of a key to encrypt with, the texts and contexts to encrypt, and the ARNs
and messages to decrypt. Prints the messages, and what the others held, as JSON; bytes are in Base64.
"""

import base64
import json
import sys

import aws_cryptographic_material_providers.mpl
import aws_encryption_sdk
import boto3
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import CreateAwsKmsKeyringInput

PROVIDERS = aws_cryptographic_material_providers.mpl.AwsCryptographicMaterialProviders(MaterialProvidersConfig())
CLIENT = aws_encryption_sdk.EncryptionSDKClient()


def keyring(arn):
    kms = boto3.client("kms", region_name=arn.split(":")[3])
    return PROVIDERS.create_aws_kms_keyring(CreateAwsKmsKeyringInput(kms_key_id=arn, kms_client=kms))


def encrypt(message):
    sealed, _ = CLIENT.encrypt(
        source=message["text"].encode(), keyring=keyring(message["arn"]), encryption_context=message["context"]
    )
    return base64.b64encode(sealed).decode()


def decrypt(message):
    context = message.get("context")
    arguments = {} if context is None else {"encryption_context": context}
    try:
        opened, header = CLIENT.decrypt(
            source=base64.b64decode(message["message"]), keyring=keyring(message["arn"]), **arguments
        )
    except Exception as error:  # The text of any refusal is what the test looks at.
        return {"refused": repr(error)}
    return {"text": opened.decode(), "context": header.encryption_context}


def main():
    request = json.load(sys.stdin)
    answer = {
        "versions": [f"aws-encryption-sdk {aws_encryption_sdk.__version__}"],
        "encrypted": [encrypt(message) for message in request["encrypt"]],
        "decrypted": [decrypt(message) for message in request["decrypt"]],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()

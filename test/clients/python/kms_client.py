"""What an application does with AWS KMS through boto3, on the endpoint of its environment. Prints what it saw as JSON.

Programs in other languages do the same and print the same members: test/support/clients/kms-client-suite.ts tells
what is expected of all of them.
"""

import json
import os
import time

import boto3
import botocore
import botocore.exceptions
import cryptography
import kms_asymmetric
from botocore.config import Config

DAY_SECONDS = 86_400
CONTEXT = {"tenant": "a", "purpose": "ä💙"}


class Client:
    """A client, and the requests that it has sent."""

    def __init__(self, region="eu-west-1", **options):
        self.kms = boto3.client("kms", region_name=region, config=Config(retries={"mode": "standard"}), **options)
        self.requests = 0
        self.kms.meta.events.register("before-send.kms.*", self._count)

    def _count(self, **_):
        self.requests += 1

    def fault_of(self, operation, **arguments):
        before = self.requests
        try:
            getattr(self.kms, operation)(**arguments)
        except botocore.exceptions.ClientError as error:
            metadata = error.response["ResponseMetadata"]
            return {
                "type": type(error).__name__,
                "code": error.response["Error"]["Code"],
                "message": error.response["Error"].get("Message", ""),
                "status": metadata["HTTPStatusCode"],
                "requestId": metadata["RequestId"],
                "requests": self.requests - before,
            }
        return {"type": "none"}

    def new_key(self, **arguments):
        return self.kms.create_key(**arguments)["KeyMetadata"]["KeyId"]


def milliseconds(moment):
    return round(moment.timestamp() * 1000)


def days_until(moment):
    return round((moment.timestamp() - time.time()) / DAY_SECONDS)


def key(client):
    made = client.kms.create_key(Description="orders, ä💙", Tags=[{"TagKey": "team", "TagValue": "blue"}])
    metadata = client.kms.describe_key(KeyId=made["KeyMetadata"]["Arn"])["KeyMetadata"]
    return {
        "account": metadata["AWSAccountId"],
        "arn": metadata["Arn"],
        "keyId": metadata["KeyId"],
        "description": metadata["Description"],
        "enabled": metadata["Enabled"],
        "manager": metadata["KeyManager"],
        "spec": metadata["KeySpec"],
        "state": metadata["KeyState"],
        "usage": metadata["KeyUsage"],
        "origin": metadata["Origin"],
        "multiRegion": metadata["MultiRegion"],
        "algorithms": metadata["EncryptionAlgorithms"],
        "createdMs": milliseconds(metadata["CreationDate"]),
    }


def encryption(client):
    key_id, other = client.new_key(), client.new_key()
    client.kms.create_alias(AliasName="alias/orders", TargetKeyId=key_id)
    sealed = client.kms.encrypt(KeyId="alias/orders", Plaintext="hello ä💙".encode(), EncryptionContext=CONTEXT)
    opened = client.kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=CONTEXT)
    moved = client.kms.re_encrypt(
        CiphertextBlob=sealed["CiphertextBlob"],
        SourceEncryptionContext=CONTEXT,
        DestinationKeyId=other,
        DestinationEncryptionContext={"now": "there"},
    )
    reopened = client.kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"now": "there"})
    return {
        "keyId": key_id,
        "aliasTarget": client.kms.describe_key(KeyId="alias/orders")["KeyMetadata"]["KeyId"],
        "opened": opened["Plaintext"].decode(),
        "openedBy": opened["KeyId"],
        "movedTo": other,
        "reopened": reopened["Plaintext"].decode(),
        "reopenedBy": reopened["KeyId"],
        "random": len(client.kms.generate_random(NumberOfBytes=1024)["Plaintext"]),
    }


def data_key(client):
    key_id = client.new_key()
    one = client.kms.generate_data_key(KeyId=key_id, KeySpec="AES_256", EncryptionContext=CONTEXT)
    hidden = client.kms.generate_data_key_without_plaintext(KeyId=key_id, NumberOfBytes=64)
    opened = client.kms.decrypt(CiphertextBlob=one["CiphertextBlob"], EncryptionContext=CONTEXT)
    return {
        "bytes": len(one["Plaintext"]),
        "opensToTheSame": opened["Plaintext"] == one["Plaintext"],
        "hiddenBytes": len(client.kms.decrypt(CiphertextBlob=hidden["CiphertextBlob"])["Plaintext"]),
    }


def tags(client):
    key_id = client.new_key(Tags=[{"TagKey": "a", "TagValue": "1"}])
    client.kms.tag_resource(KeyId=key_id, Tags=[{"TagKey": "b", "TagValue": "2"}])
    client.kms.untag_resource(KeyId=key_id, TagKeys=["a"])
    return {tag["TagKey"]: tag["TagValue"] for tag in client.kms.list_resource_tags(KeyId=key_id)["Tags"]}


def rotation(client):
    key_id = client.new_key()
    client.kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    status = client.kms.get_key_rotation_status(KeyId=key_id)
    old = client.kms.encrypt(KeyId=key_id, Plaintext=b"old")["CiphertextBlob"]
    client.kms.rotate_key_on_demand(KeyId=key_id)
    new = client.kms.encrypt(KeyId=key_id, Plaintext=b"new")["CiphertextBlob"]
    opened = [client.kms.decrypt(CiphertextBlob=blob) for blob in (old, new)]
    rotations = client.kms.list_key_rotations(KeyId=key_id)["Rotations"]
    client.kms.disable_key_rotation(KeyId=key_id)
    return {
        "enabled": status["KeyRotationEnabled"],
        "periodInDays": status["RotationPeriodInDays"],
        "nextInDays": days_until(status["NextRotationDate"]),
        "opened": [answer["Plaintext"].decode() for answer in opened],
        "materials": len({answer["KeyMaterialId"] for answer in opened}),
        "rotations": [each["RotationType"] for each in rotations],
        "enabledAtLast": client.kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"],
    }


def deletion(client):
    key_id = client.new_key()
    scheduled = client.kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    client.kms.cancel_key_deletion(KeyId=key_id)
    cancelled = client.kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"]
    client.kms.enable_key(KeyId=key_id)
    return {
        "inDays": days_until(scheduled["DeletionDate"]),
        "states": [
            scheduled["KeyState"],
            cancelled,
            client.kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"],
        ],
    }


def pages():
    client = Client("us-east-2")
    for index in range(5):
        client.kms.create_alias(AliasName=f"alias/page-{index}", TargetKeyId=client.new_key())
    paging = {"PageSize": 2}
    keys = client.kms.get_paginator("list_keys").paginate(PaginationConfig=paging)
    aliases = client.kms.get_paginator("list_aliases").paginate(PaginationConfig=paging)
    return {
        "keys": [len(page["Keys"]) for page in keys],
        "aliases": [alias["AliasName"] for page in aliases for alias in page["Aliases"]],
    }


def faults(client):
    disabled, pending, other = client.new_key(), client.new_key(), client.new_key()
    sealed = client.kms.encrypt(KeyId=other, Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    wrong_key = {"CiphertextBlob": sealed, "EncryptionContext": CONTEXT, "KeyId": disabled}
    incorrect = client.fault_of("decrypt", **wrong_key)
    client.kms.disable_key(KeyId=disabled)
    client.kms.schedule_key_deletion(KeyId=pending, PendingWindowInDays=7)
    client.kms.create_alias(AliasName="alias/taken", TargetKeyId=other)
    unknown = "00000000-0000-4000-8000-000000000000"
    stranger = Client(aws_secret_access_key="wrong", aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"])
    wrong_context = {"CiphertextBlob": sealed, "EncryptionContext": {"tenant": "b"}}
    return {
        "unknownKey": client.fault_of("describe_key", KeyId=unknown),
        "disabledKey": client.fault_of("encrypt", KeyId=disabled, Plaintext=b"x"),
        "pendingKey": client.fault_of("encrypt", KeyId=pending, Plaintext=b"x"),
        "wrongContext": client.fault_of("decrypt", **wrong_context),
        "wrongKey": incorrect,
        "takenAlias": client.fault_of("create_alias", AliasName="alias/taken", TargetKeyId=other),
        "dryRun": client.fault_of("encrypt", KeyId=other, Plaintext=b"x", DryRun=True),
        "wrongMarker": client.fault_of("list_keys", Marker="nonsense"),
        "tooMany": client.fault_of("generate_data_key", KeyId=other, NumberOfBytes=1025),
        "wrongSecret": stranger.fault_of("list_keys"),
    }


def main():
    client = Client()
    report = {
        "versions": [f"{package.__name__} {package.__version__}" for package in (boto3, botocore, cryptography)],
        "key": key(client),
        "encryption": encryption(client),
        "dataKey": data_key(client),
        "tags": tags(client),
        "rotation": rotation(client),
        "deletion": deletion(client),
        "pages": pages(),
        "signatures": kms_asymmetric.signatures(client),
        "mac": kms_asymmetric.mac(client),
        "publicEncryption": kms_asymmetric.public_encryption(client),
        "agreement": kms_asymmetric.agreement(client),
        "encapsulation": kms_asymmetric.encapsulation(client),
        "mlDsa": kms_asymmetric.ml_dsa(client),
        "dataKeyPairs": kms_asymmetric.data_key_pairs(client),
        "faults": {**faults(client), **kms_asymmetric.faults(client)},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()

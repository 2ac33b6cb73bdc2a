"""Keys with a public half and keys for MACs: what KMS says, against Python's own cryptography."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

MESSAGE = "to be signed, ä💙".encode()

PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)

# Spec, algorithm, and what follows signature and message in verify() of a public key.
SIGNATURES = [
    ("RSA_2048", "RSASSA_PSS_SHA_256", [PSS, hashes.SHA256()]),
    ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512", [padding.PKCS1v15(), hashes.SHA512()]),
    ("ECC_NIST_P256", "ECDSA_SHA_256", [ec.ECDSA(hashes.SHA256())]),
    ("ECC_NIST_P384", "ECDSA_SHA_384", [ec.ECDSA(hashes.SHA384())]),
    ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512", []),
]


def public_key(client, key_id):
    return serialization.load_der_public_key(client.kms.get_public_key(KeyId=key_id)["PublicKey"])


def verifies(public, signature, message, details):
    try:
        public.verify(signature, message, *details)
    except InvalidSignature:
        return False
    return True


def signature_of(client, spec, algorithm, details):
    key_id = client.new_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    arguments = {"KeyId": key_id, "Message": MESSAGE, "SigningAlgorithm": algorithm}
    signature = client.kms.sign(**arguments)["Signature"]
    public = public_key(client, key_id)
    return {
        "spec": spec,
        "offered": algorithm in client.kms.get_public_key(KeyId=key_id)["SigningAlgorithms"],
        "valid": client.kms.verify(Signature=signature, **arguments)["SignatureValid"],
        "validHere": verifies(public, signature, MESSAGE, details),
        "validForAnother": verifies(public, signature, MESSAGE + b"!", details),
    }


def signatures(client):
    return {algorithm: signature_of(client, spec, algorithm, details) for spec, algorithm, details in SIGNATURES}


def mac(client):
    arguments = {"KeyId": client.new_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"), "Message": MESSAGE}
    made = client.kms.generate_mac(MacAlgorithm="HMAC_SHA_256", **arguments)["Mac"]
    return {
        "bytes": len(made),
        "valid": client.kms.verify_mac(Mac=made, MacAlgorithm="HMAC_SHA_256", **arguments)["MacValid"],
    }


def public_encryption(client):
    key_id = client.new_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    sealed = public_key(client, key_id).encrypt(MESSAGE, OAEP)
    opened = client.kms.decrypt(KeyId=key_id, CiphertextBlob=sealed, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    return {"opened": opened["Plaintext"].decode()}


def agreement(client):
    key_id = client.new_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
    own = ec.generate_private_key(ec.SECP256R1())
    derived = client.kms.derive_shared_secret(
        KeyId=key_id,
        KeyAgreementAlgorithm="ECDH",
        PublicKey=own.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    )["SharedSecret"]
    return {"bytes": len(derived), "same": derived == own.exchange(ec.ECDH(), public_key(client, key_id))}


def encapsulation(client):
    arguments = {
        "KeyId": client.new_key(KeySpec="ML_KEM_768", KeyUsage="ENCAPSULATE_DECAPSULATE"),
        "EncapsulationAlgorithm": "ML_KEM",
    }
    made = client.kms.encapsulate(**arguments)
    opened = client.kms.decapsulate(SharedSecretCiphertextBlob=made["SharedSecretCiphertextBlob"], **arguments)
    own_secret, own_blob = public_key(client, arguments["KeyId"]).encapsulate()
    opened_own = client.kms.decapsulate(SharedSecretCiphertextBlob=own_blob, **arguments)
    return {
        "bytes": len(made["SharedSecret"]),
        "same": opened["SharedSecret"] == made["SharedSecret"],
        "sameHere": opened_own["SharedSecret"] == own_secret,
    }


def ml_dsa(client):
    key_id = client.new_key(KeySpec="ML_DSA_65", KeyUsage="SIGN_VERIFY")
    arguments = {"KeyId": key_id, "Message": MESSAGE, "SigningAlgorithm": "ML_DSA_SHAKE_256"}
    signature = client.kms.sign(**arguments)["Signature"]
    public = public_key(client, key_id)
    return {
        "valid": client.kms.verify(Signature=signature, **arguments)["SignatureValid"],
        "validHere": verifies(public, signature, MESSAGE, []),
        "validForAnother": verifies(public, signature, MESSAGE + b"!", []),
    }


def data_key_pair(client, spec):
    pair = client.kms.generate_data_key_pair(KeyId=client.new_key(), KeyPairSpec=spec)
    private = serialization.load_der_private_key(pair["PrivateKeyPlaintext"], None)
    found = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    opened = client.kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"]
    return {"belongTogether": found == pair["PublicKey"], "opensToTheSame": opened == pair["PrivateKeyPlaintext"]}


def data_key_pairs(client):
    return {spec: data_key_pair(client, spec) for spec in ("RSA_2048", "ECC_NIST_P384")}


def faults(client):
    signing = client.new_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    macs = client.new_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    arguments = {"KeyId": signing, "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = client.kms.sign(Message=MESSAGE, **arguments)["Signature"]
    return {
        "wrongSignature": client.fault_of("verify", Message=b"other", Signature=signature, **arguments),
        "wrongMac": client.fault_of(
            "verify_mac", KeyId=macs, Message=MESSAGE, Mac=bytes(32), MacAlgorithm="HMAC_SHA_256"
        ),
        "wrongUsage": client.fault_of("encrypt", KeyId=signing, Plaintext=b"x"),
    }

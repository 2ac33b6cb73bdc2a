package main

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Keys with a public half and keys for MACs: what KMS says, against Go's own cryptography.

var (
	message = []byte("to be signed, ä💙")
	another = []byte("to be signed, ä💙!")
)

// Whether Go takes a signature of the message.
type verifier func(public any, message, signature []byte) bool

func must[Value any](value Value, err error) Value {
	if err != nil {
		panic(err)
	}
	return value
}

func verifyPss(public any, message, signature []byte) bool {
	digest := sha256.Sum256(message)
	options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
	return rsa.VerifyPSS(public.(*rsa.PublicKey), crypto.SHA256, digest[:], signature, options) == nil
}

func verifyPkcs1(public any, message, signature []byte) bool {
	digest := sha512.Sum512(message)
	return rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), crypto.SHA512, digest[:], signature) == nil
}

func verifyEcdsaSha256(public any, message, signature []byte) bool {
	digest := sha256.Sum256(message)
	return ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), digest[:], signature)
}

func verifyEcdsaSha384(public any, message, signature []byte) bool {
	digest := sha512.Sum384(message)
	return ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), digest[:], signature)
}

func verifyEd25519(public any, message, signature []byte) bool {
	return ed25519.Verify(public.(ed25519.PublicKey), message, signature)
}

func (client client) newKeyOf(spec types.KeySpec, usage types.KeyUsageType) *string {
	return send(client.CreateKey, kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage}).KeyMetadata.KeyId
}

func (client client) publicKey(keyID *string) any {
	answer := send(client.GetPublicKey, kms.GetPublicKeyInput{KeyId: keyID})
	return must(x509.ParsePKIXPublicKey(answer.PublicKey))
}

func signature(client client, spec types.KeySpec, algorithm types.SigningAlgorithmSpec, verify verifier) object {
	keyID := client.newKeyOf(spec, types.KeyUsageTypeSignVerify)
	signed := send(client.Sign, kms.SignInput{KeyId: keyID, Message: message, SigningAlgorithm: algorithm})
	answer := send(client.Verify, kms.VerifyInput{
		KeyId: keyID, Message: message, SigningAlgorithm: algorithm, Signature: signed.Signature,
	})
	offered := send(client.GetPublicKey, kms.GetPublicKeyInput{KeyId: keyID}).SigningAlgorithms
	public := client.publicKey(keyID)
	return object{
		"spec":            spec,
		"offered":         slices.Contains(offered, algorithm),
		"valid":           answer.SignatureValid,
		"validHere":       verify(public, message, signed.Signature),
		"validForAnother": verify(public, another, signed.Signature),
	}
}

func signatures(client client) object {
	made := object{}
	for _, row := range []struct {
		spec      types.KeySpec
		algorithm types.SigningAlgorithmSpec
		verify    verifier
	}{
		{types.KeySpecRsa2048, types.SigningAlgorithmSpecRsassaPssSha256, verifyPss},
		{types.KeySpecRsa2048, types.SigningAlgorithmSpecRsassaPkcs1V15Sha512, verifyPkcs1},
		{types.KeySpecEccNistP256, types.SigningAlgorithmSpecEcdsaSha256, verifyEcdsaSha256},
		{types.KeySpecEccNistP384, types.SigningAlgorithmSpecEcdsaSha384, verifyEcdsaSha384},
		{types.KeySpecEccNistEdwards25519, types.SigningAlgorithmSpecEd25519Sha512, verifyEd25519},
	} {
		made[string(row.algorithm)] = signature(client, row.spec, row.algorithm, row.verify)
	}
	return made
}

func mac(client client) object {
	keyID := client.newKeyOf(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac)
	made := send(client.GenerateMac, kms.GenerateMacInput{
		KeyId: keyID, Message: message, MacAlgorithm: types.MacAlgorithmSpecHmacSha256,
	})
	answer := send(client.VerifyMac, kms.VerifyMacInput{
		KeyId: keyID, Message: message, MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Mac: made.Mac,
	})
	return object{"bytes": len(made.Mac), "valid": answer.MacValid}
}

func publicEncryption(client client) object {
	keyID := client.newKeyOf(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt)
	public := client.publicKey(keyID).(*rsa.PublicKey)
	opened := send(client.Decrypt, kms.DecryptInput{
		KeyId:               keyID,
		CiphertextBlob:      must(rsa.EncryptOAEP(sha256.New(), rand.Reader, public, message, nil)),
		EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
	})
	return object{"opened": string(opened.Plaintext)}
}

func agreement(client client) object {
	keyID := client.newKeyOf(types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement)
	own := must(ecdh.P256().GenerateKey(rand.Reader))
	derived := send(client.DeriveSharedSecret, kms.DeriveSharedSecretInput{
		KeyId:                 keyID,
		KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh,
		PublicKey:             must(x509.MarshalPKIXPublicKey(own.PublicKey())),
	})
	theirs := must(client.publicKey(keyID).(*ecdsa.PublicKey).ECDH())
	secret := must(own.ECDH(theirs))
	return object{"bytes": len(derived.SharedSecret), "same": bytes.Equal(secret, derived.SharedSecret)}
}

func dataKeyPairs(client client) object {
	keyID := client.newKey()
	made := object{}
	for _, spec := range []types.DataKeyPairSpec{types.DataKeyPairSpecRsa2048, types.DataKeyPairSpecEccNistP384} {
		pair := send(client.GenerateDataKeyPair, kms.GenerateDataKeyPairInput{KeyId: keyID, KeyPairSpec: spec})
		private := must(x509.ParsePKCS8PrivateKey(pair.PrivateKeyPlaintext)).(crypto.Signer)
		found := must(x509.MarshalPKIXPublicKey(private.Public()))
		opened := send(client.Decrypt, kms.DecryptInput{CiphertextBlob: pair.PrivateKeyCiphertextBlob})
		made[string(spec)] = object{
			"belongTogether": bytes.Equal(found, pair.PublicKey),
			"opensToTheSame": bytes.Equal(opened.Plaintext, pair.PrivateKeyPlaintext),
		}
	}
	return made
}

func asymmetricFaults(client client) object {
	signing := client.newKeyOf(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	macs := client.newKeyOf(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac)
	ecdsaSha256 := types.SigningAlgorithmSpecEcdsaSha256
	signed := send(client.Sign, kms.SignInput{KeyId: signing, Message: message, SigningAlgorithm: ecdsaSha256})
	return object{
		"wrongSignature": faultOf(client, client.Verify, kms.VerifyInput{
			KeyId: signing, Message: another, SigningAlgorithm: ecdsaSha256, Signature: signed.Signature,
		}),
		"wrongMac": faultOf(client, client.VerifyMac, kms.VerifyMacInput{
			KeyId: macs, Message: message, Mac: make([]byte, 32), MacAlgorithm: types.MacAlgorithmSpecHmacSha256,
		}),
		"wrongUsage": faultOf(client, client.Encrypt, kms.EncryptInput{KeyId: signing, Plaintext: message}),
	}
}

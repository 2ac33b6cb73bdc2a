package main

import (
	"bytes"
	"crypto/mlkem"
	"crypto/x509/pkix"
	"encoding/asn1"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Go has ML-KEM, and not yet ML-DSA.

type subjectPublicKeyInfo struct {
	Algorithm pkix.AlgorithmIdentifier
	PublicKey asn1.BitString
}

func encapsulation(client client) object {
	keyID := client.newKeyOf(types.KeySpecMlKem768, types.KeyUsageTypeEncapsulateDecapsulate)
	open := func(blob []byte) []byte {
		return send(client.Decapsulate, kms.DecapsulateInput{
			KeyId:                      keyID,
			EncapsulationAlgorithm:     types.EncapsulationAlgorithmSpecMlKem,
			SharedSecretCiphertextBlob: blob,
		}).SharedSecret
	}
	made := send(client.Encapsulate, kms.EncapsulateInput{
		KeyId: keyID, EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem,
	})
	var info subjectPublicKeyInfo
	must(asn1.Unmarshal(send(client.GetPublicKey, kms.GetPublicKeyInput{KeyId: keyID}).PublicKey, &info))
	ownSecret, ownBlob := must(mlkem.NewEncapsulationKey768(info.PublicKey.Bytes)).Encapsulate()
	return object{
		"bytes":    len(made.SharedSecret),
		"same":     bytes.Equal(open(made.SharedSecretCiphertextBlob), made.SharedSecret),
		"sameHere": bytes.Equal(open(ownBlob), ownSecret),
	}
}

func mlDsa(client client) object {
	keyID := client.newKeyOf(types.KeySpecMlDsa65, types.KeyUsageTypeSignVerify)
	algorithm := types.SigningAlgorithmSpecMlDsaShake256
	signed := send(client.Sign, kms.SignInput{KeyId: keyID, Message: message, SigningAlgorithm: algorithm})
	answer := send(client.Verify, kms.VerifyInput{
		KeyId: keyID, Message: message, SigningAlgorithm: algorithm, Signature: signed.Signature,
	})
	return object{"valid": answer.SignatureValid}
}

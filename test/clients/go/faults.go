package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

func faults(client client) object {
	disabled, pending, other := client.newKey(), client.newKey(), client.newKey()
	sealed := send(client.Encrypt, kms.EncryptInput{
		KeyId: other, Plaintext: []byte("x"), EncryptionContext: encryptionContext,
	}).CiphertextBlob
	wrongKey := faultOf(client, client.Decrypt, kms.DecryptInput{
		CiphertextBlob: sealed, EncryptionContext: encryptionContext, KeyId: disabled,
	})
	taken := kms.CreateAliasInput{AliasName: aws.String("alias/taken"), TargetKeyId: other}
	send(client.CreateAlias, taken)
	send(client.DisableKey, kms.DisableKeyInput{KeyId: disabled})
	send(client.ScheduleKeyDeletion, kms.ScheduleKeyDeletionInput{
		KeyId: pending, PendingWindowInDays: aws.Int32(7),
	})
	encrypt := func(keyID *string, dryRun bool) object {
		return faultOf(client, client.Encrypt, kms.EncryptInput{
			KeyId: keyID, Plaintext: []byte("x"), DryRun: aws.Bool(dryRun),
		})
	}
	stranger := newClient("eu-west-1", "wrong")
	return object{
		"unknownKey": faultOf(client, client.DescribeKey, kms.DescribeKeyInput{
			KeyId: aws.String("00000000-0000-4000-8000-000000000000"),
		}),
		"disabledKey": encrypt(disabled, false),
		"pendingKey":  encrypt(pending, false),
		"wrongContext": faultOf(client, client.Decrypt, kms.DecryptInput{
			CiphertextBlob: sealed, EncryptionContext: map[string]string{"tenant": "b"},
		}),
		"wrongKey":    wrongKey,
		"takenAlias":  faultOf(client, client.CreateAlias, taken),
		"dryRun":      encrypt(other, true),
		"wrongMarker": faultOf(client, client.ListKeys, kms.ListKeysInput{Marker: aws.String("nonsense")}),
		"tooMany": faultOf(client, client.GenerateDataKey, kms.GenerateDataKeyInput{
			KeyId: other, NumberOfBytes: aws.Int32(1025),
		}),
		"wrongSecret": faultOf(stranger, stranger.ListKeys, kms.ListKeysInput{}),
	}
}

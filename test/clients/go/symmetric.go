package main

import (
	"bytes"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var encryptionContext = map[string]string{"tenant": "a", "purpose": "ä💙"}

func keyMetadata(client client) object {
	made := send(client.CreateKey, kms.CreateKeyInput{
		Description: aws.String("orders, ä💙"),
		Tags:        []types.Tag{{TagKey: aws.String("team"), TagValue: aws.String("blue")}},
	})
	metadata := send(client.DescribeKey, kms.DescribeKeyInput{KeyId: made.KeyMetadata.Arn}).KeyMetadata
	return object{
		"account":     metadata.AWSAccountId,
		"arn":         metadata.Arn,
		"keyId":       metadata.KeyId,
		"description": metadata.Description,
		"enabled":     metadata.Enabled,
		"manager":     metadata.KeyManager,
		"spec":        metadata.KeySpec,
		"state":       metadata.KeyState,
		"usage":       metadata.KeyUsage,
		"origin":      metadata.Origin,
		"multiRegion": metadata.MultiRegion,
		"algorithms":  metadata.EncryptionAlgorithms,
		"createdMs":   metadata.CreationDate.UnixMilli(),
	}
}

func encryption(client client) object {
	keyID, other := client.newKey(), client.newKey()
	orders := aws.String("alias/orders")
	send(client.CreateAlias, kms.CreateAliasInput{AliasName: orders, TargetKeyId: keyID})
	sealed := send(client.Encrypt, kms.EncryptInput{
		KeyId: orders, Plaintext: []byte("hello ä💙"), EncryptionContext: encryptionContext,
	})
	opened := send(client.Decrypt, kms.DecryptInput{
		CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: encryptionContext,
	})
	there := map[string]string{"now": "there"}
	moved := send(client.ReEncrypt, kms.ReEncryptInput{
		CiphertextBlob:               sealed.CiphertextBlob,
		SourceEncryptionContext:      encryptionContext,
		DestinationKeyId:             other,
		DestinationEncryptionContext: there,
	})
	reopened := send(client.Decrypt, kms.DecryptInput{
		CiphertextBlob: moved.CiphertextBlob, EncryptionContext: there,
	})
	random := send(client.GenerateRandom, kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1024)})
	return object{
		"keyId":       keyID,
		"aliasTarget": send(client.DescribeKey, kms.DescribeKeyInput{KeyId: orders}).KeyMetadata.KeyId,
		"opened":      string(opened.Plaintext),
		"openedBy":    opened.KeyId,
		"movedTo":     other,
		"reopened":    string(reopened.Plaintext),
		"reopenedBy":  reopened.KeyId,
		"random":      len(random.Plaintext),
	}
}

func dataKey(client client) object {
	keyID := client.newKey()
	one := send(client.GenerateDataKey, kms.GenerateDataKeyInput{
		KeyId: keyID, KeySpec: types.DataKeySpecAes256, EncryptionContext: encryptionContext,
	})
	hidden := send(client.GenerateDataKeyWithoutPlaintext, kms.GenerateDataKeyWithoutPlaintextInput{
		KeyId: keyID, NumberOfBytes: aws.Int32(64),
	})
	opened := send(client.Decrypt, kms.DecryptInput{
		CiphertextBlob: one.CiphertextBlob, EncryptionContext: encryptionContext,
	})
	found := send(client.Decrypt, kms.DecryptInput{CiphertextBlob: hidden.CiphertextBlob})
	return object{
		"bytes":          len(one.Plaintext),
		"opensToTheSame": bytes.Equal(opened.Plaintext, one.Plaintext),
		"hiddenBytes":    len(found.Plaintext),
	}
}

func tags(client client) object {
	tag := func(key, value string) []types.Tag {
		return []types.Tag{{TagKey: aws.String(key), TagValue: aws.String(value)}}
	}
	keyID := send(client.CreateKey, kms.CreateKeyInput{Tags: tag("a", "1")}).KeyMetadata.KeyId
	send(client.TagResource, kms.TagResourceInput{KeyId: keyID, Tags: tag("b", "2")})
	send(client.UntagResource, kms.UntagResourceInput{KeyId: keyID, TagKeys: []string{"a"}})
	found := object{}
	for _, tag := range send(client.ListResourceTags, kms.ListResourceTagsInput{KeyId: keyID}).Tags {
		found[*tag.TagKey] = tag.TagValue
	}
	return found
}

func rotation(client client) object {
	keyID := client.newKey()
	send(client.EnableKeyRotation, kms.EnableKeyRotationInput{KeyId: keyID, RotationPeriodInDays: aws.Int32(90)})
	status := send(client.GetKeyRotationStatus, kms.GetKeyRotationStatusInput{KeyId: keyID})
	old := send(client.Encrypt, kms.EncryptInput{KeyId: keyID, Plaintext: []byte("old")})
	send(client.RotateKeyOnDemand, kms.RotateKeyOnDemandInput{KeyId: keyID})
	recent := send(client.Encrypt, kms.EncryptInput{KeyId: keyID, Plaintext: []byte("new")})
	opened, materials := []string{}, map[string]bool{}
	for _, blob := range [][]byte{old.CiphertextBlob, recent.CiphertextBlob} {
		answer := send(client.Decrypt, kms.DecryptInput{CiphertextBlob: blob})
		opened = append(opened, string(answer.Plaintext))
		materials[*answer.KeyMaterialId] = true
	}
	rotations := []types.RotationType{}
	for _, each := range send(client.ListKeyRotations, kms.ListKeyRotationsInput{KeyId: keyID}).Rotations {
		rotations = append(rotations, each.RotationType)
	}
	send(client.DisableKeyRotation, kms.DisableKeyRotationInput{KeyId: keyID})
	atLast := send(client.GetKeyRotationStatus, kms.GetKeyRotationStatusInput{KeyId: keyID})
	return object{
		"enabled":       status.KeyRotationEnabled,
		"periodInDays":  status.RotationPeriodInDays,
		"nextInDays":    daysUntil(status.NextRotationDate),
		"opened":        opened,
		"materials":     len(materials),
		"rotations":     rotations,
		"enabledAtLast": atLast.KeyRotationEnabled,
	}
}

func deletion(client client) object {
	keyID := client.newKey()
	state := func() types.KeyState {
		return send(client.DescribeKey, kms.DescribeKeyInput{KeyId: keyID}).KeyMetadata.KeyState
	}
	scheduled := send(client.ScheduleKeyDeletion, kms.ScheduleKeyDeletionInput{
		KeyId: keyID, PendingWindowInDays: aws.Int32(7),
	})
	send(client.CancelKeyDeletion, kms.CancelKeyDeletionInput{KeyId: keyID})
	cancelled := state()
	send(client.EnableKey, kms.EnableKeyInput{KeyId: keyID})
	return object{
		"inDays": daysUntil(scheduled.DeletionDate),
		"states": []types.KeyState{scheduled.KeyState, cancelled, state()},
	}
}

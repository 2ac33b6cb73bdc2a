import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.model.DataKeySpec;
import software.amazon.awssdk.services.kms.model.DecryptResponse;
import software.amazon.awssdk.services.kms.model.GenerateDataKeyResponse;
import software.amazon.awssdk.services.kms.model.GetKeyRotationStatusResponse;
import software.amazon.awssdk.services.kms.model.KeyMetadata;
import software.amazon.awssdk.services.kms.model.KeyState;
import software.amazon.awssdk.services.kms.model.RotationsListEntry;
import software.amazon.awssdk.services.kms.model.Tag;

/** The life of keys for encryption. */
final class Symmetric {
    static final Map<String, String> CONTEXT = Map.of("tenant", "a", "purpose", "ä💙");

    static Map<String, Object> key(Client client) {
        KmsClient kms = client.kms();
        String arn = kms.createKey(r -> r.description("orders, ä💙").tags(tag("team", "blue"))).keyMetadata().arn();
        KeyMetadata metadata = kms.describeKey(r -> r.keyId(arn)).keyMetadata();
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("account", metadata.awsAccountId());
        found.put("arn", metadata.arn());
        found.put("keyId", metadata.keyId());
        found.put("description", metadata.description());
        found.put("enabled", metadata.enabled());
        found.put("manager", metadata.keyManager());
        found.put("spec", metadata.keySpec());
        found.put("state", metadata.keyState());
        found.put("usage", metadata.keyUsage());
        found.put("origin", metadata.origin());
        found.put("multiRegion", metadata.multiRegion());
        found.put("algorithms", metadata.encryptionAlgorithms());
        found.put("createdMs", metadata.creationDate().toEpochMilli());
        return found;
    }

    static Map<String, Object> encryption(Client client) {
        KmsClient kms = client.kms();
        String keyId = client.newKey();
        String other = client.newKey();
        kms.createAlias(r -> r.aliasName("alias/orders").targetKeyId(keyId));
        SdkBytes sealed = kms.encrypt(r -> r.keyId("alias/orders")
                        .plaintext(SdkBytes.fromUtf8String("hello ä💙"))
                        .encryptionContext(CONTEXT))
                .ciphertextBlob();
        DecryptResponse opened = kms.decrypt(r -> r.ciphertextBlob(sealed).encryptionContext(CONTEXT));
        Map<String, String> there = Map.of("now", "there");
        SdkBytes moved = kms.reEncrypt(r -> r.ciphertextBlob(sealed)
                        .sourceEncryptionContext(CONTEXT)
                        .destinationKeyId(other)
                        .destinationEncryptionContext(there))
                .ciphertextBlob();
        DecryptResponse reopened = kms.decrypt(r -> r.ciphertextBlob(moved).encryptionContext(there));
        return Map.of(
                "keyId", keyId,
                "aliasTarget", kms.describeKey(r -> r.keyId("alias/orders")).keyMetadata().keyId(),
                "opened", opened.plaintext().asUtf8String(),
                "openedBy", opened.keyId(),
                "movedTo", other,
                "reopened", reopened.plaintext().asUtf8String(),
                "reopenedBy", reopened.keyId(),
                "random", kms.generateRandom(r -> r.numberOfBytes(1024)).plaintext().asByteArray().length);
    }

    static Map<String, Object> dataKey(Client client) {
        KmsClient kms = client.kms();
        String keyId = client.newKey();
        GenerateDataKeyResponse one =
                kms.generateDataKey(r -> r.keyId(keyId).keySpec(DataKeySpec.AES_256).encryptionContext(CONTEXT));
        SdkBytes hidden = kms.generateDataKeyWithoutPlaintext(r -> r.keyId(keyId).numberOfBytes(64)).ciphertextBlob();
        SdkBytes opened =
                kms.decrypt(r -> r.ciphertextBlob(one.ciphertextBlob()).encryptionContext(CONTEXT)).plaintext();
        return Map.of(
                "bytes", one.plaintext().asByteArray().length,
                "opensToTheSame", opened.equals(one.plaintext()),
                "hiddenBytes", kms.decrypt(r -> r.ciphertextBlob(hidden)).plaintext().asByteArray().length);
    }

    static Map<String, String> tags(Client client) {
        KmsClient kms = client.kms();
        String keyId = kms.createKey(r -> r.tags(tag("a", "1"))).keyMetadata().keyId();
        kms.tagResource(r -> r.keyId(keyId).tags(tag("b", "2")));
        kms.untagResource(r -> r.keyId(keyId).tagKeys("a"));
        Map<String, String> found = new LinkedHashMap<>();
        for (Tag tag : kms.listResourceTags(r -> r.keyId(keyId)).tags()) {
            found.put(tag.tagKey(), tag.tagValue());
        }
        return found;
    }

    static Map<String, Object> rotation(Client client) {
        KmsClient kms = client.kms();
        String keyId = client.newKey();
        kms.enableKeyRotation(r -> r.keyId(keyId).rotationPeriodInDays(90));
        GetKeyRotationStatusResponse status = kms.getKeyRotationStatus(r -> r.keyId(keyId));
        SdkBytes old = kms.encrypt(r -> r.keyId(keyId).plaintext(SdkBytes.fromUtf8String("old"))).ciphertextBlob();
        kms.rotateKeyOnDemand(r -> r.keyId(keyId));
        SdkBytes recent = kms.encrypt(r -> r.keyId(keyId).plaintext(SdkBytes.fromUtf8String("new"))).ciphertextBlob();
        List<String> opened = new ArrayList<>();
        Set<String> materials = new HashSet<>();
        for (SdkBytes blob : List.of(old, recent)) {
            DecryptResponse answer = kms.decrypt(r -> r.ciphertextBlob(blob));
            opened.add(answer.plaintext().asUtf8String());
            materials.add(answer.keyMaterialId());
        }
        List<RotationsListEntry> rotations = kms.listKeyRotations(r -> r.keyId(keyId)).rotations();
        kms.disableKeyRotation(r -> r.keyId(keyId));
        return Map.of(
                "enabled", status.keyRotationEnabled(),
                "periodInDays", status.rotationPeriodInDays(),
                "nextInDays", Client.daysUntil(status.nextRotationDate()),
                "opened", opened,
                "materials", materials.size(),
                "rotations", rotations.stream().map(RotationsListEntry::rotationType).toList(),
                "enabledAtLast", kms.getKeyRotationStatus(r -> r.keyId(keyId)).keyRotationEnabled());
    }

    static Map<String, Object> deletion(Client client) {
        KmsClient kms = client.kms();
        String keyId = client.newKey();
        var scheduled = kms.scheduleKeyDeletion(r -> r.keyId(keyId).pendingWindowInDays(7));
        kms.cancelKeyDeletion(r -> r.keyId(keyId));
        KeyState cancelled = kms.describeKey(r -> r.keyId(keyId)).keyMetadata().keyState();
        kms.enableKey(r -> r.keyId(keyId));
        KeyState enabled = kms.describeKey(r -> r.keyId(keyId)).keyMetadata().keyState();
        return Map.of(
                "inDays", Client.daysUntil(scheduled.deletionDate()),
                "states", List.of(scheduled.keyState(), cancelled, enabled));
    }

    private static Tag tag(String key, String value) {
        return Tag.builder().tagKey(key).tagValue(value).build();
    }
}

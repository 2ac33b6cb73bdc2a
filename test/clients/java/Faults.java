import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kms.KmsClient;

/** Calls that are refused. */
final class Faults {
    static Map<String, Object> all(Client client) {
        KmsClient kms = client.kms();
        String disabled = client.newKey();
        String pending = client.newKey();
        String other = client.newKey();
        SdkBytes text = SdkBytes.fromUtf8String("x");
        SdkBytes sealed = kms.encrypt(r -> r.keyId(other).plaintext(text).encryptionContext(Symmetric.CONTEXT))
                .ciphertextBlob();
        Map<String, Object> faults = new LinkedHashMap<>();
        faults.put("wrongKey", client.faultOf(refusing -> refusing.decrypt(
                r -> r.ciphertextBlob(sealed).encryptionContext(Symmetric.CONTEXT).keyId(disabled))));
        faults.put("wrongContext", client.faultOf(refusing -> refusing.decrypt(
                r -> r.ciphertextBlob(sealed).encryptionContext(Map.of("tenant", "b")))));
        faults.put("unknownKey", client.faultOf(refusing -> refusing.describeKey(
                r -> r.keyId("00000000-0000-4000-8000-000000000000"))));
        kms.disableKey(r -> r.keyId(disabled));
        faults.put("disabledKey", client.faultOf(refusing -> refusing.encrypt(
                r -> r.keyId(disabled).plaintext(text))));
        kms.scheduleKeyDeletion(r -> r.keyId(pending).pendingWindowInDays(7));
        faults.put("pendingKey", client.faultOf(refusing -> refusing.encrypt(
                r -> r.keyId(pending).plaintext(text))));
        kms.createAlias(r -> r.aliasName("alias/taken").targetKeyId(other));
        faults.put("takenAlias", client.faultOf(refusing -> refusing.createAlias(
                r -> r.aliasName("alias/taken").targetKeyId(other))));
        faults.put("dryRun", client.faultOf(refusing -> refusing.encrypt(
                r -> r.keyId(other).plaintext(text).dryRun(true))));
        faults.put("wrongMarker", client.faultOf(refusing -> refusing.listKeys(r -> r.marker("nonsense"))));
        faults.put("tooMany", client.faultOf(refusing -> refusing.generateDataKey(
                r -> r.keyId(other).numberOfBytes(1025))));
        try (Client stranger = Client.of("eu-west-1", "wrong")) {
            faults.put("wrongSecret", stranger.faultOf(KmsClient::listKeys));
        }
        return faults;
    }
}

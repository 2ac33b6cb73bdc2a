import java.nio.charset.StandardCharsets;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.model.EncapsulateResponse;
import software.amazon.awssdk.services.kms.model.EncapsulationAlgorithmSpec;
import software.amazon.awssdk.services.kms.model.KeySpec;
import software.amazon.awssdk.services.kms.model.KeyUsageType;
import software.amazon.awssdk.services.kms.model.SigningAlgorithmSpec;

/** ML-KEM and ML-DSA, which Java itself has from release 24 on alone. */
final class PostQuantum {
    static Map<String, Object> encapsulation(Client client) {
        KmsClient kms = client.kms();
        String keyId = client.newKey(KeySpec.ML_KEM_768, KeyUsageType.ENCAPSULATE_DECAPSULATE);
        EncapsulationAlgorithmSpec algorithm = EncapsulationAlgorithmSpec.ML_KEM;
        EncapsulateResponse made = kms.encapsulate(r -> r.keyId(keyId).encapsulationAlgorithm(algorithm));
        SdkBytes opened = kms.decapsulate(r -> r.keyId(keyId)
                        .encapsulationAlgorithm(algorithm)
                        .sharedSecretCiphertextBlob(made.sharedSecretCiphertextBlob()))
                .sharedSecret();
        return Map.of("bytes", opened.asByteArray().length, "same", opened.equals(made.sharedSecret()));
    }

    static Map<String, Object> mlDsa(Client client) {
        KmsClient kms = client.kms();
        String keyId = client.newKey(KeySpec.ML_DSA_65, KeyUsageType.SIGN_VERIFY);
        SigningAlgorithmSpec algorithm = SigningAlgorithmSpec.ML_DSA_SHAKE_256;
        SdkBytes message = SdkBytes.fromString("to be signed", StandardCharsets.UTF_8);
        SdkBytes signature = kms.sign(r -> r.keyId(keyId).message(message).signingAlgorithm(algorithm)).signature();
        boolean valid = kms.verify(r -> r.keyId(keyId)
                        .message(message)
                        .signature(signature)
                        .signingAlgorithm(algorithm))
                .signatureValid();
        return Map.of("valid", valid);
    }
}

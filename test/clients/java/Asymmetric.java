import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.model.DataKeyPairSpec;
import software.amazon.awssdk.services.kms.model.GenerateDataKeyPairResponse;
import software.amazon.awssdk.services.kms.model.GetPublicKeyResponse;
import software.amazon.awssdk.services.kms.model.KeyAgreementAlgorithmSpec;
import software.amazon.awssdk.services.kms.model.KeySpec;
import software.amazon.awssdk.services.kms.model.KeyUsageType;
import software.amazon.awssdk.services.kms.model.MacAlgorithmSpec;
import software.amazon.awssdk.services.kms.model.SigningAlgorithmSpec;

/** Keys with a public half and keys for MACs: what KMS says, against Java's own cryptography. */
final class Asymmetric {
    private static final byte[] MESSAGE = "to be signed, ä💙".getBytes(StandardCharsets.UTF_8);
    private static final byte[] ANOTHER = "to be signed, ä💙!".getBytes(StandardCharsets.UTF_8);
    private static final AlgorithmParameterSpec PSS =
            new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, PSSParameterSpec.TRAILER_FIELD_BC);
    private static final AlgorithmParameterSpec OAEP =
            new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT);

    private static final List<SigningRow> SIGNATURES = List.of(
            new SigningRow(KeySpec.RSA_2048, SigningAlgorithmSpec.RSASSA_PSS_SHA_256, "RSA", "RSASSA-PSS", PSS),
            new SigningRow(
                    KeySpec.RSA_2048, SigningAlgorithmSpec.RSASSA_PKCS1_V1_5_SHA_512, "RSA", "SHA512withRSA", null),
            new SigningRow(KeySpec.ECC_NIST_P256, SigningAlgorithmSpec.ECDSA_SHA_256, "EC", "SHA256withECDSA", null),
            new SigningRow(KeySpec.ECC_NIST_P384, SigningAlgorithmSpec.ECDSA_SHA_384, "EC", "SHA384withECDSA", null),
            new SigningRow(
                    KeySpec.ECC_NIST_EDWARDS25519, SigningAlgorithmSpec.ED25519_SHA_512, "EdDSA", "Ed25519", null));

    /** With Java's names for the kind of key and the algorithm. */
    private record SigningRow(
            KeySpec spec, SigningAlgorithmSpec algorithm, String kind, String name, AlgorithmParameterSpec parameters) {
        boolean verifies(PublicKey key, byte[] message, SdkBytes signature) throws GeneralSecurityException {
            Signature verifier = Signature.getInstance(name);
            if (parameters != null) {
                verifier.setParameter(parameters);
            }
            verifier.initVerify(key);
            verifier.update(message);
            try {
                return verifier.verify(signature.asByteArray());
            } catch (SignatureException malformed) {
                return false;
            }
        }
    }

    static Map<String, Object> signatures(Client client) throws GeneralSecurityException {
        Map<String, Object> made = new LinkedHashMap<>();
        for (SigningRow row : SIGNATURES) {
            made.put(row.algorithm().toString(), signature(client, row));
        }
        return made;
    }

    private static Map<String, Object> signature(Client client, SigningRow row) throws GeneralSecurityException {
        KmsClient kms = client.kms();
        String keyId = client.newKey(row.spec(), KeyUsageType.SIGN_VERIFY);
        SdkBytes message = SdkBytes.fromByteArray(MESSAGE);
        SdkBytes signature = kms.sign(r -> r.keyId(keyId).message(message).signingAlgorithm(row.algorithm()))
                .signature();
        boolean valid = kms.verify(r -> r.keyId(keyId)
                        .message(message)
                        .signature(signature)
                        .signingAlgorithm(row.algorithm()))
                .signatureValid();
        GetPublicKeyResponse answer = kms.getPublicKey(r -> r.keyId(keyId));
        PublicKey key = publicKey(row.kind(), answer);
        return Map.of(
                "spec", row.spec(),
                "offered", answer.signingAlgorithms().contains(row.algorithm()),
                "valid", valid,
                "validHere", row.verifies(key, MESSAGE, signature),
                "validForAnother", row.verifies(key, ANOTHER, signature));
    }

    static Map<String, Object> mac(Client client) {
        KmsClient kms = client.kms();
        String keyId = client.newKey(KeySpec.HMAC_256, KeyUsageType.GENERATE_VERIFY_MAC);
        SdkBytes message = SdkBytes.fromByteArray(MESSAGE);
        SdkBytes made = kms.generateMac(
                        r -> r.keyId(keyId).message(message).macAlgorithm(MacAlgorithmSpec.HMAC_SHA_256))
                .mac();
        boolean valid = kms.verifyMac(
                        r -> r.keyId(keyId).message(message).mac(made).macAlgorithm(MacAlgorithmSpec.HMAC_SHA_256))
                .macValid();
        return Map.of("bytes", made.asByteArray().length, "valid", valid);
    }

    static Map<String, Object> publicEncryption(Client client) throws GeneralSecurityException {
        KmsClient kms = client.kms();
        String keyId = client.newKey(KeySpec.RSA_2048, KeyUsageType.ENCRYPT_DECRYPT);
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
        cipher.init(Cipher.ENCRYPT_MODE, publicKey("RSA", kms.getPublicKey(r -> r.keyId(keyId))), OAEP);
        SdkBytes sealed = SdkBytes.fromByteArray(cipher.doFinal(MESSAGE));
        SdkBytes opened = kms.decrypt(
                        r -> r.keyId(keyId).ciphertextBlob(sealed).encryptionAlgorithm("RSAES_OAEP_SHA_256"))
                .plaintext();
        return Map.of("opened", opened.asUtf8String());
    }

    static Map<String, Object> agreement(Client client) throws GeneralSecurityException {
        KmsClient kms = client.kms();
        String keyId = client.newKey(KeySpec.ECC_NIST_P256, KeyUsageType.KEY_AGREEMENT);
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair own = generator.generateKeyPair();
        byte[] derived = kms.deriveSharedSecret(r -> r.keyId(keyId)
                        .keyAgreementAlgorithm(KeyAgreementAlgorithmSpec.ECDH)
                        .publicKey(SdkBytes.fromByteArray(own.getPublic().getEncoded())))
                .sharedSecret()
                .asByteArray();
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
        agreement.init(own.getPrivate());
        agreement.doPhase(publicKey("EC", kms.getPublicKey(r -> r.keyId(keyId))), true);
        return Map.of("bytes", derived.length, "same", Arrays.equals(agreement.generateSecret(), derived));
    }

    static Map<String, Object> dataKeyPairs(Client client) throws GeneralSecurityException {
        return Map.of(
                "RSA_2048", dataKeyPair(client, DataKeyPairSpec.RSA_2048, "RSA", "SHA256withRSA"),
                "ECC_NIST_P384", dataKeyPair(client, DataKeyPairSpec.ECC_NIST_P384, "EC", "SHA256withECDSA"));
    }

    private static Map<String, Object> dataKeyPair(Client client, DataKeyPairSpec spec, String kind, String algorithm)
            throws GeneralSecurityException {
        KmsClient kms = client.kms();
        GenerateDataKeyPairResponse pair =
                kms.generateDataKeyPair(r -> r.keyId(client.newKey()).keyPairSpec(spec));
        byte[] plaintext = pair.privateKeyPlaintext().asByteArray();
        PrivateKey privateKey = KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(plaintext));
        PublicKey publicKey =
                KeyFactory.getInstance(kind).generatePublic(new X509EncodedKeySpec(pair.publicKey().asByteArray()));
        Signature signer = Signature.getInstance(algorithm);
        signer.initSign(privateKey);
        signer.update(MESSAGE);
        byte[] signature = signer.sign();
        signer.initVerify(publicKey);
        signer.update(MESSAGE);
        SdkBytes opened = kms.decrypt(r -> r.ciphertextBlob(pair.privateKeyCiphertextBlob())).plaintext();
        return Map.of(
                "belongTogether", signer.verify(signature),
                "opensToTheSame", opened.equals(pair.privateKeyPlaintext()));
    }

    static Map<String, Object> faults(Client client) {
        String signing = client.newKey(KeySpec.ECC_NIST_P256, KeyUsageType.SIGN_VERIFY);
        String macs = client.newKey(KeySpec.HMAC_256, KeyUsageType.GENERATE_VERIFY_MAC);
        SdkBytes message = SdkBytes.fromByteArray(MESSAGE);
        SdkBytes signature = client.kms()
                .sign(r -> r.keyId(signing).message(message).signingAlgorithm(SigningAlgorithmSpec.ECDSA_SHA_256))
                .signature();
        return Map.of(
                "wrongSignature", client.faultOf(kms -> kms.verify(r -> r.keyId(signing)
                        .message(SdkBytes.fromByteArray(ANOTHER))
                        .signature(signature)
                        .signingAlgorithm(SigningAlgorithmSpec.ECDSA_SHA_256))),
                "wrongMac", client.faultOf(kms -> kms.verifyMac(r -> r.keyId(macs)
                        .message(message)
                        .mac(SdkBytes.fromByteArray(new byte[32]))
                        .macAlgorithm(MacAlgorithmSpec.HMAC_SHA_256))),
                "wrongUsage", client.faultOf(kms -> kms.encrypt(r -> r.keyId(signing).plaintext(message))));
    }

    private static PublicKey publicKey(String kind, GetPublicKeyResponse answer) throws GeneralSecurityException {
        return KeyFactory.getInstance(kind)
                .generatePublic(new X509EncodedKeySpec(answer.publicKey().asByteArray()));
    }
}

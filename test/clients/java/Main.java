import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.util.VersionInfo;

/**
 * What an application does with AWS KMS through the AWS SDK for Java, on the endpoint of its environment. It prints
 * what it saw as JSON. Programs in other languages do the same and print the same members:
 * test/support/clients/kms-client-suite.ts tells what is expected of all of them.
 */
final class Main {
    public static void main(String[] arguments) throws GeneralSecurityException {
        Map<String, Object> report = new LinkedHashMap<>();
        try (Client client = Client.in("eu-west-1")) {
            report.put("versions", List.of(
                    "aws-sdk-java " + VersionInfo.SDK_VERSION, "java " + System.getProperty("java.version")));
            report.put("key", Symmetric.key(client));
            report.put("encryption", Symmetric.encryption(client));
            report.put("dataKey", Symmetric.dataKey(client));
            report.put("tags", Symmetric.tags(client));
            report.put("rotation", Symmetric.rotation(client));
            report.put("deletion", Symmetric.deletion(client));
            report.put("pages", Lists.pages());
            report.put("signatures", Asymmetric.signatures(client));
            report.put("mac", Asymmetric.mac(client));
            report.put("publicEncryption", Asymmetric.publicEncryption(client));
            report.put("agreement", Asymmetric.agreement(client));
            report.put("encapsulation", PostQuantum.encapsulation(client));
            report.put("mlDsa", PostQuantum.mlDsa(client));
            report.put("dataKeyPairs", Asymmetric.dataKeyPairs(client));
            Map<String, Object> faults = Faults.all(client);
            faults.putAll(Asymmetric.faults(client));
            report.put("faults", faults);
        }
        new PrintStream(System.out, true, StandardCharsets.UTF_8).println(Json.text(report));
    }
}

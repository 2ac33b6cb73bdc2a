import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.model.KeySpec;
import software.amazon.awssdk.services.kms.model.KeyUsageType;
import software.amazon.awssdk.services.kms.model.KmsException;

/** A client, and the requests that it has sent. */
record Client(KmsClient kms, AtomicInteger requests) implements AutoCloseable {
    static Client in(String region) {
        return of(region, System.getenv("AWS_SECRET_ACCESS_KEY"));
    }

    static Client of(String region, String secret) {
        AtomicInteger requests = new AtomicInteger();
        ExecutionInterceptor counting = new ExecutionInterceptor() {
            @Override
            public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
                requests.incrementAndGet();
            }
        };
        AwsBasicCredentials credentials = AwsBasicCredentials.create(System.getenv("AWS_ACCESS_KEY_ID"), secret);
        KmsClient kms = KmsClient.builder()
                .region(Region.of(region))
                .endpointOverride(URI.create(System.getenv("AWS_ENDPOINT_URL")))
                .credentialsProvider(StaticCredentialsProvider.create(credentials))
                .overrideConfiguration(configuration -> configuration.addExecutionInterceptor(counting))
                .build();
        return new Client(kms, requests);
    }

    String newKey() {
        return kms.createKey().keyMetadata().keyId();
    }

    String newKey(KeySpec spec, KeyUsageType usage) {
        return kms.createKey(r -> r.keySpec(spec).keyUsage(usage)).keyMetadata().keyId();
    }

    /** What the SDK made of the refusal that this call gets. */
    Map<String, Object> faultOf(Consumer<KmsClient> call) {
        int before = requests.get();
        try {
            call.accept(kms);
            return Map.of("type", "none");
        } catch (KmsException fault) {
            return Map.of(
                    "type", fault.getClass().getSimpleName(),
                    "code", fault.awsErrorDetails().errorCode(),
                    "message", Objects.requireNonNullElse(fault.awsErrorDetails().errorMessage(), ""),
                    "status", fault.statusCode(),
                    "requestId", fault.requestId(),
                    "requests", requests.get() - before);
        }
    }

    static long daysUntil(Instant moment) {
        return Math.round(Duration.between(Instant.now(), moment).toSeconds() / 86_400.0);
    }

    @Override
    public void close() {
        kms.close();
    }
}

import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.model.AliasListEntry;

/** Lists that come page by page. */
final class Lists {
    /** In a Region that has no other keys. */
    static Map<String, Object> pages() {
        try (Client client = Client.in("us-east-2")) {
            KmsClient kms = client.kms();
            for (int index = 0; index < 5; index++) {
                String name = "alias/page-" + index;
                kms.createAlias(r -> r.aliasName(name).targetKeyId(client.newKey()));
            }
            List<Integer> keys =
                    kms.listKeysPaginator(r -> r.limit(2)).stream().map(page -> page.keys().size()).toList();
            List<String> aliases = kms.listAliasesPaginator(r -> r.limit(2)).aliases().stream()
                    .map(AliasListEntry::aliasName)
                    .toList();
            return Map.of("keys", keys, "aliases", aliases);
        }
    }
}

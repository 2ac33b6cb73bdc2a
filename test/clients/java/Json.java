import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;

/** Just enough of JSON for a report: maps, collections, numbers, booleans; anything else by its text. */
final class Json {
    static String text(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(entry -> text(entry.getKey()) + ":" + text(entry.getValue()))
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof Collection<?> values) {
            return values.stream().map(Json::text).collect(Collectors.joining(",", "[", "]"));
        }
        if (value == null || value instanceof Number || value instanceof Boolean) {
            return String.valueOf(value);
        }
        return quoted(value.toString());
    }

    private static String quoted(String text) {
        return text.chars()
                .mapToObj(unit -> unit < ' ' || unit == '"' || unit == '\\'
                        ? String.format("\\u%04x", unit)
                        : Character.toString((char) unit))
                .collect(Collectors.joining("", "\"", "\""));
    }
}

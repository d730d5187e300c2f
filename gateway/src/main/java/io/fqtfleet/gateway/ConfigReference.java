package io.fqtfleet.gateway;

import io.fqtfleet.schemas.MarkedTable;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.util.Map;

/**
 * The table of all settings, made from {@link GatewayConfig}: key, default, meaning. Without an
 * argument {@link #main} prints it; with the path of a file it puts it between that file's marks.
 */
public final class ConfigReference {
  static final MarkedTable PLACE = new MarkedTable("settings", ConfigReference.class);

  /** How {@link EffectiveConfig} shows what is not set. */
  private static final String NONE = "(none)";

  private ConfigReference() {}

  public static void main(String[] args) throws IOException {
    PLACE.main(args, table());
  }

  static String table() {
    StringBuilder out = new StringBuilder("| key | default | meaning |\n|---|---|---|\n");
    rows("", GatewayConfig.class, EffectiveConfig.of(allDefaults()), out);
    return out.toString();
  }

  private static void rows(
      String path, Class<?> type, Map<String, String> defaults, StringBuilder out) {
    for (RecordComponent component : type.getRecordComponents()) {
      String key = path.isEmpty() ? component.getName() : path + "." + component.getName();
      if (component.getType().isRecord()) {
        rows(key, component.getType(), defaults, out);
        continue;
      }
      Meaning meaning = component.getAnnotation(Meaning.class);
      if (meaning == null) {
        throw new IllegalStateException(
            key + " of GatewayConfig has no @Meaning: say there what an operator sets with it");
      }
      String shown = meaning.required() ? "(required)" : shown(defaults.get(key));
      out.append("| `%s` | %s | %s |\n".formatted(key, shown, meaning.value()));
    }
  }

  private static String shown(String value) {
    return value.equals(NONE) || value.equals("{}") ? "-" : "`" + value + "`";
  }

  /**
   * The smallest configuration; what it must give stands under keys that are required. Of the keys
   * it must give one of two, and neither has a default.
   */
  private static GatewayConfig allDefaults() {
    return new GatewayConfig(
        new GatewayConfig.Mqtt("ssl://broker:8883", null, null, null, null, null, null, null, null),
        new GatewayConfig.Kafka("broker:9092", null, null, null, null),
        null,
        null,
        new GatewayConfig.Keys(null, null, NONE),
        null);
  }
}

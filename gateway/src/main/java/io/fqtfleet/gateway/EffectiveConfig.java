package io.fqtfleet.gateway;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Settings as {@code dotted.key -> value}, secrets masked. */
final class EffectiveConfig {
  private static final String MASK = "********";
  private static final Pattern SECRET =
      Pattern.compile("password|masterkey|secret|jaas|token|credential|keystore\\.key");

  private EffectiveConfig() {}

  static Map<String, String> of(Record settings) {
    Map<String, String> flat = new TreeMap<>();
    flatten("", settings, flat);
    return flat;
  }

  private static void flatten(String path, Record settings, Map<String, String> flat) {
    for (RecordComponent component : settings.getClass().getRecordComponents()) {
      String key = path.isEmpty() ? component.getName() : path + "." + component.getName();
      Object value = valueOf(component, settings);
      if (value instanceof Record nested) {
        flatten(key, nested, flat);
      } else if (value instanceof Map<?, ?> map) {
        flat.put(key, map.isEmpty() ? "{}" : "");
        map.forEach((name, entry) -> put(flat, key + "." + name, entry));
        flat.remove(key, "");
      } else {
        put(flat, key, value);
      }
    }
  }

  private static void put(Map<String, String> flat, String key, Object value) {
    if (value == null) {
      flat.put(key, "(none)");
    } else if (SECRET.matcher(key.toLowerCase(Locale.ROOT)).find()) {
      flat.put(key, MASK);
    } else if (value instanceof Duration duration) {
      flat.put(key, duration.toMillis() + "ms");
    } else {
      flat.put(key, value.toString());
    }
  }

  private static Object valueOf(RecordComponent component, Record settings) {
    try {
      return component.getAccessor().invoke(settings);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a public record's accessor can be called", e);
    }
  }
}

package io.fqtfleet.streams;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Settings as {@code dotted.key -> value}; what clients are given is masked, it may be secret. */
final class EffectiveSettings {
  private static final String MASK = "********";
  private static final Pattern SECRET = Pattern.compile("Token$|^secret$");

  private EffectiveSettings() {}

  static Map<String, String> of(Record settings) {
    Map<String, String> flat = new TreeMap<>();
    flatten("", settings, flat);
    return flat;
  }

  private static void flatten(String path, Record settings, Map<String, String> flat) {
    for (RecordComponent component : settings.getClass().getRecordComponents()) {
      String key = path + component.getName();
      Object value = valueOf(component, settings);
      if (value != null && SECRET.matcher(component.getName()).find()) {
        flat.put(key, MASK);
      } else if (value instanceof Record nested) {
        flatten(key + ".", nested, flat);
      } else if (value instanceof Map<?, ?> map) {
        flat.put(key, map.isEmpty() ? "{}" : map.keySet() + "=" + MASK);
      } else if (value instanceof Duration duration) {
        flat.put(key, duration.toMillis() + "ms");
      } else {
        flat.put(key, String.valueOf(value));
      }
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

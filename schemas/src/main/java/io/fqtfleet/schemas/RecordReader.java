package io.fqtfleet.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Turns a YAML tree into records and notes every problem instead of stopping at the first. */
final class RecordReader {
  private static final Pattern SECRET_NAME =
      Pattern.compile("(?i)password|secret|token|jaas|credential|masterkey");
  private static final Pattern LONG_HEX = Pattern.compile("[0-9A-Fa-f]{32}");

  private final List<String> problems;

  RecordReader(List<String> problems) {
    this.problems = problems;
  }

  /** The value, or null where it is absent or wrong; what is wrong is noted. */
  Object read(String path, JsonNode node, Type type) {
    if (node == null || node.isNull()) {
      return null;
    }
    if (type instanceof ParameterizedType generic) {
      return generic.getRawType() == Map.class
          ? readMap(path, node, generic.getActualTypeArguments()[1])
          : readList(path, node, generic.getActualTypeArguments()[0]);
    }
    Class<?> wanted = (Class<?>) type;
    return wanted.isRecord() ? readRecord(path, node, wanted) : readScalar(path, node, wanted);
  }

  private Object readRecord(String path, JsonNode node, Class<?> type) {
    if (!node.isObject()) {
      note(path, node, "is not a mapping with the keys " + names(type));
      return null;
    }
    int before = problems.size();
    node.fieldNames().forEachRemaining(name -> checkKnown(path, name, type));
    RecordComponent[] components = type.getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      RecordComponent component = components[i];
      String at = join(path, component.getName());
      values[i] = read(at, node.get(component.getName()), component.getGenericType());
      if (values[i] == null && component.getType().isPrimitive()) {
        if (problems.size() == before) {
          problems.add(at + ": is missing; it has no default");
        }
        values[i] = zero(component.getType());
      }
    }
    return problems.size() > before ? null : construct(path, type, values);
  }

  private Object construct(String path, Class<?> type, Object[] values) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      var constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause();
      if (!(cause instanceof IllegalArgumentException)) {
        throw new IllegalStateException("constructor of " + type + " failed", cause);
      }
      problems.add((path.isEmpty() ? "" : path + ": ") + cause.getMessage());
      return null;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " cannot be constructed", e);
    }
  }

  private void checkKnown(String path, String name, Class<?> type) {
    List<String> known = names(type);
    if (!known.contains(name)) {
      String nearest = StrictYaml.nearest(name, known);
      problems.add(
          join(path, name)
              + ": is an unknown key; "
              + (nearest == null ? "known are " + known : "did you mean '" + nearest + "'?"));
    }
  }

  private List<?> readList(String path, JsonNode node, Type elements) {
    if (!node.isArray()) {
      note(path, node, "is not a list");
      return null;
    }
    List<Object> list = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      Object value = read(path + "[" + i + "]", node.get(i), elements);
      if (value != null) {
        list.add(value);
      }
    }
    return List.copyOf(list);
  }

  private Map<String, Object> readMap(String path, JsonNode node, Type values) {
    if (!node.isObject()) {
      note(path, node, "is not a mapping");
      return null;
    }
    Map<String, Object> map = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      Object value = read(join(path, entry.getKey()), entry.getValue(), values);
      if (value != null) {
        map.put(entry.getKey(), value);
      }
    }
    return java.util.Collections.unmodifiableMap(map);
  }

  private Object readScalar(String path, JsonNode node, Class<?> type) {
    if (!node.isValueNode()) {
      note(path, node, "is not " + words(type));
      return null;
    }
    String text = node.asText().strip();
    try {
      return convert(text, type);
    } catch (IllegalArgumentException | DateTimeParseException e) {
      note(path, node, "is not " + words(type));
      return null;
    }
  }

  private static Object convert(String text, Class<?> type) {
    if (type == String.class) {
      return text;
    } else if (type == int.class || type == Integer.class) {
      return Integer.valueOf(text);
    } else if (type == long.class || type == Long.class) {
      return Long.valueOf(text);
    } else if (type == double.class || type == Double.class) {
      double value = Double.parseDouble(text);
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("not finite");
      }
      return value;
    } else if (type == boolean.class || type == Boolean.class) {
      if (!text.equals("true") && !text.equals("false")) {
        throw new IllegalArgumentException("no boolean");
      }
      return Boolean.valueOf(text);
    } else if (type == Duration.class) {
      return duration(text);
    } else if (type.isEnum()) {
      return constant(text, type);
    }
    throw new IllegalStateException("records of settings may not hold " + type);
  }

  private static Object constant(String text, Class<?> type) {
    String name = text.replace('-', '_').toUpperCase(Locale.ROOT);
    for (Object constant : type.getEnumConstants()) {
      if (((Enum<?>) constant).name().equals(name)) {
        return constant;
      }
    }
    throw new IllegalArgumentException("no such constant");
  }

  /** 250ms, 30s, 5m, 2h, 1d or ISO-8601. */
  private static Duration duration(String text) {
    if (text.startsWith("P")) {
      return Duration.parse(text);
    }
    int unit = 0;
    while (unit < text.length() && !Character.isLetter(text.charAt(unit))) {
      unit++;
    }
    long amount = Long.parseLong(text.substring(0, unit).strip());
    return switch (text.substring(unit)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      case "d" -> Duration.ofDays(amount);
      default -> throw new IllegalArgumentException("unknown unit");
    };
  }

  private static String words(Class<?> type) {
    if (type.isEnum()) {
      return "one of " + Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT);
    } else if (type == Duration.class) {
      return "a duration such as 250ms, 30s, 5m or 2h";
    } else if (type == String.class) {
      return "a text";
    } else if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    } else if (type == double.class || type == Double.class) {
      return "a number";
    }
    return "a whole number";
  }

  private static Object zero(Class<?> primitive) {
    if (primitive == boolean.class) {
      return false;
    } else if (primitive == double.class) {
      return 0.0;
    } else if (primitive == long.class) {
      return 0L;
    }
    return 0;
  }

  private static List<String> names(Class<?> type) {
    return Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList();
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /** By its name, or because it looks like a key. */
  private static boolean isSecret(String path, String value) {
    return SECRET_NAME.matcher(path).find() || LONG_HEX.matcher(value).find();
  }

  private void note(String path, JsonNode node, String rule) {
    String shown = isSecret(path, node.toString()) ? "(not shown)" : node.toString();
    problems.add(
        "%s: %s %s"
            .formatted(
                path.isEmpty() ? "the document" : path,
                shown.length() > 60 ? shown.substring(0, 57) + "..." : shown,
                rule));
  }
}

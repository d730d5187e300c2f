package io.fqtfleet.schemas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Reads an operator's YAML into a tree of records and refuses what it does not know, listing all
 * problems at once.
 *
 * <p>Precedence: a record's own default (its constructor replaces null), then the file, then the
 * environment ({@code PREFIX_KAFKA_BOOTSTRAP_SERVERS} is {@code kafka.bootstrapServers}). Rules on
 * values belong in the records' constructors, as IllegalArgumentException.
 */
public final class StrictYaml {
  private static final ObjectMapper YAML =
      YAMLMapper.builder(
              YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StrictYaml() {}

  /**
   * Reads a file; the environment's variables that begin with the prefix and an underscore win.
   *
   * @throws ConfigException listing all that is wrong
   */
  public static <T extends Record> T read(
      Path file, Class<T> type, Map<String, String> environment, String prefix) {
    if (!Files.isRegularFile(file)) {
      throw new ConfigException(
          file.toString(), List.of("there is no such file; give the path of a YAML file"));
    }
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw new ConfigException(file.toString(), List.of("it cannot be read: " + e));
    }
    return parse(file.toString(), text, type, environment, prefix);
  }

  /** Reads a text; {@code source} names it in messages. */
  public static <T extends Record> T parse(String source, String text, Class<T> type) {
    return parse(source, text, type, Map.of(), "");
  }

  private static <T extends Record> T parse(
      String source, String text, Class<T> type, Map<String, String> environment, String prefix) {
    List<String> problems = new ArrayList<>();
    JsonNode root;
    try {
      root = YAML.readTree(text);
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      String where = at == null ? "" : "line " + at.getLineNr() + ": ";
      throw new ConfigException(source, List.of(where + withoutExcerpts(e.getOriginalMessage())));
    }
    if (root == null || root instanceof MissingNode || root.isNull()) {
      root = YAML.createObjectNode();
    }
    if (root instanceof ObjectNode object) {
      overlay(object, type, environment, prefix, problems);
    }
    T value = type.cast(new RecordReader(problems).read("", root, type));
    if (!problems.isEmpty()) {
      throw new ConfigException(source, problems);
    }
    return value;
  }

  /** The parser indents what it cites of the file, which may be a secret. */
  private static String withoutExcerpts(String message) {
    return message
        .lines()
        .filter(line -> !line.startsWith("    "))
        .collect(Collectors.joining(" "));
  }

  /** Puts the environment's values into the tree, as text at the path of the key they name. */
  private static void overlay(
      ObjectNode root,
      Class<?> type,
      Map<String, String> environment,
      String prefix,
      List<String> problems) {
    if (prefix.isEmpty()) {
      return;
    }
    environment.forEach(
        (name, value) -> {
          if (name.startsWith(prefix + "_")
              && !put(root, type, name.substring(prefix.length() + 1), value)) {
            problems.add(
                "environment variable %s names no setting of %s; unset it or correct its name"
                    .formatted(name, type.getSimpleName()));
          }
        });
  }

  private static boolean put(ObjectNode node, Class<?> type, String name, String value) {
    for (var component : type.getRecordComponents()) {
      String key = upperSnake(component.getName());
      if (name.equals(key)) {
        node.set(component.getName(), TextNode.valueOf(value));
        return true;
      }
      if (name.startsWith(key + "_") && component.getType().isRecord()) {
        ObjectNode child =
            node.get(component.getName()) instanceof ObjectNode existing
                ? existing
                : node.putObject(component.getName());
        return put(child, component.getType(), name.substring(key.length() + 1), value);
      }
    }
    return false;
  }

  private static String upperSnake(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toUpperCase(java.util.Locale.ROOT);
  }

  /** The known word nearest to a misspelt one, or null if none is near. */
  static String nearest(String word, Iterable<String> known) {
    String best = null;
    int bestDistance = Math.max(2, word.length() / 3) + 1;
    for (String candidate : known) {
      int distance = editDistance(word, candidate);
      if (distance < bestDistance) {
        bestDistance = distance;
        best = candidate;
      }
    }
    return best;
  }

  private static int editDistance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}

package io.fqtfleet.schemas;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificRecord;

/**
 * The vectors in {@code golden/}: per record a file of cases, each {@code case <name>}, {@code hex
 * <bytes>} and the fields as {@code path=value} lines. The C tests read the same files.
 */
final class GoldenVectors {
  static final Path FOLDER = Path.of("golden");

  record Vector(String name, byte[] bytes, List<String> fields) {}

  private GoldenVectors() {}

  static List<Vector> read(Class<?> type) throws IOException {
    List<Vector> vectors = new ArrayList<>();
    for (String line : Files.readAllLines(file(type))) {
      if (line.startsWith("case ")) {
        vectors.add(new Vector(line.substring(5), null, new ArrayList<>()));
      } else if (line.startsWith("hex ")) {
        Vector open = vectors.remove(vectors.size() - 1);
        vectors.add(
            new Vector(open.name(), HexFormat.of().parseHex(line.substring(4)), open.fields()));
      } else if (!line.isBlank()) {
        vectors.get(vectors.size() - 1).fields().add(line);
      }
    }
    return vectors;
  }

  static Path file(Class<?> type) {
    return FOLDER.resolve(type.getSimpleName() + ".golden");
  }

  /** The vectors' content made anew, for a change of schema: see the README. */
  static <T extends SpecificRecord> String write(Class<T> type) {
    WireCodec<T> codec = WireCodec.of(type);
    StringBuilder text = new StringBuilder();
    cases()
        .forEach(
            (name, value) -> {
              if (type.isInstance(value)) {
                text.append("case ").append(name).append('\n');
                String hex = HexFormat.of().formatHex(codec.encode(type.cast(value)));
                text.append("hex ").append(hex).append('\n');
                fields(value).forEach(line -> text.append(line).append('\n'));
                text.append('\n');
              }
            });
    return text.toString();
  }

  private static Map<String, SpecificRecord> cases() {
    Map<String, SpecificRecord> cases = new LinkedHashMap<>();
    cases.put("budget typical", Samples.budget("press-7", 12));
    cases.put("budget longest id", Samples.budget("x".repeat(64), Long.MAX_VALUE));
    cases.put("ack refused", Samples.ack());
    cases.put("status online", Samples.status());
    for (int layers : new int[] {0, 1, 2, 8}) {
      cases.put("report of " + layers + " layers", Samples.report(100 + layers, layers));
    }
    return cases;
  }

  /** The lines that the generated C prints too. */
  static List<String> fields(IndexedRecord value) {
    List<String> lines = new ArrayList<>();
    walk("", value, lines);
    return lines;
  }

  private static void walk(String at, IndexedRecord value, List<String> lines) {
    for (Schema.Field field : value.getSchema().getFields()) {
      Object item = value.get(field.pos());
      String path = at + field.name();
      if (item instanceof IndexedRecord nested) {
        walk(path + ".", nested, lines);
      } else if (item instanceof List<?> list) {
        for (int i = 0; i < list.size(); i++) {
          walk(path + "[" + i + "].", (IndexedRecord) list.get(i), lines);
        }
      } else {
        lines.add(path + "=" + item);
      }
    }
  }
}

package io.fqtfleet.sim.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Rows for people, and for programs. */
public final class EvaluationTable {
  /** Longer names of sources are cut in the table for people. */
  private static final int NAME_MAX = 28;

  private EvaluationTable() {}

  /** One line per model and target; modes side by side. */
  public static String text(List<EvaluationRow> rows) {
    Map<String, List<EvaluationRow>> lines = new LinkedHashMap<>();
    for (EvaluationRow row : rows) {
      String key = row.model() + "\n" + row.target() + "\n" + row.trainableLayers();
      lines.computeIfAbsent(key, k -> new ArrayList<>()).add(row);
    }
    StringBuilder text = new StringBuilder();
    String model = "";
    for (List<EvaluationRow> line : lines.values()) {
      EvaluationRow first = line.get(0);
      if (!first.model().equals(model)) {
        model = first.model();
        text.append(heading(first, line));
      }
      text.append("  %-28s %-10s".formatted(cut(first.target()), trained(first, rows)));
      for (EvaluationRow row : line) {
        text.append(
            row.trainableLayers() == 0
                ? "  %8s %6.1f".formatted("", 100 * row.accuracyAfter())
                : "  %6.1f > %6.1f"
                    .formatted(100 * row.accuracyBefore(), 100 * row.accuracyAfter()));
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static String heading(EvaluationRow first, List<EvaluationRow> line) {
    StringBuilder heading =
        new StringBuilder(
            ("%n%s, factory weights from %s; %% right on later windows, before > after; "
                    + "mean of %d seed%s%n")
                .formatted(
                    first.model(),
                    cut(first.source()),
                    first.seeds(),
                    first.seeds() == 1 ? "" : "s"));
    heading.append("  %-28s %-10s".formatted("target", "trained"));
    line.forEach(row -> heading.append("  %15s".formatted(row.mode())));
    return heading.append('\n').toString();
  }

  private static String trained(EvaluationRow row, List<EvaluationRow> rows) {
    int all =
        rows.stream()
            .filter(other -> other.model().equals(row.model()))
            .mapToInt(EvaluationRow::trainableLayers)
            .max()
            .orElse(0);
    return switch (row.trainableLayers()) {
      case 0 -> "nothing";
      case 1 -> "last layer";
      default -> row.trainableLayers() == all ? "all layers" : "last " + row.trainableLayers();
    };
  }

  private static String cut(String name) {
    int parts = name.split("\\+").length;
    return name.length() <= NAME_MAX
        ? name
        : parts > 1 ? parts + " domains" : name.substring(0, NAME_MAX);
  }

  /** The same as JSON: {@code {"dataSet": ..., "rows": [...]}}. */
  public static void writeJson(Path file, String dataSet, List<EvaluationRow> rows)
      throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("dataSet", dataSet);
    root.put("windowsPerClass", EvaluationSettings.WINDOWS_PER_CLASS);
    ArrayNode array = root.putArray("rows");
    for (EvaluationRow row : rows) {
      array
          .addObject()
          .put("model", row.model())
          .put("source", row.source())
          .put("target", row.target())
          .put("mode", row.mode())
          .put("trainableLayers", row.trainableLayers())
          .put("accuracyBefore", row.accuracyBefore())
          .put("accuracyAfter", row.accuracyAfter())
          .put("seeds", row.seeds());
    }
    Files.writeString(file, root.toPrettyString() + "\n");
  }
}

package io.fqtfleet.streams.ops;

import io.fqtfleet.schemas.MarkedTable;
import java.io.IOException;
import java.util.Locale;

/** The README's table of all metrics, made from {@link Metric} and {@link BorrowedMetric}. */
public final class MetricReference {
  public static final MarkedTable PLACE = new MarkedTable("metrics", MetricReference.class);

  private MetricReference() {}

  public static void main(String[] args) throws IOException {
    PLACE.main(args, table());
  }

  public static String table() {
    StringBuilder out =
        new StringBuilder("| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n");
    for (Metric metric : Metric.values()) {
      row(out, metric.exposed(), metric.kind.name(), metric.unit, metric.labels, metric.meaning);
    }
    for (BorrowedMetric metric : BorrowedMetric.values()) {
      row(out, metric.exposed, metric.kind(), metric.unit, metric.labels, metric.meaning);
    }
    return out.toString();
  }

  private static void row(
      StringBuilder out, String name, String kind, String unit, String labels, String meaning) {
    out.append(
        "| `%s` | %s | %s | %s | %s |\n"
            .formatted(
                name,
                kind.toLowerCase(Locale.ROOT),
                unit,
                labels.isEmpty() ? "-" : labels,
                meaning));
  }
}

package io.fqtfleet.gateway.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MetricReferenceTest {
  /** A failure here is mended by the command that stands above the table. */
  @Test
  void theTableOfTheReadmeIsMadeFromTheCode() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    assertEquals(MetricReference.PLACE.into(readme, MetricReference.table()), readme);
  }

  @Test
  void everyMetricCanBeTold() {
    try (Metrics metrics = new Metrics()) {
      metrics.tell(
          scrape -> {
            for (Metric metric : Metric.values()) {
              Map<String, String> labels = new TreeMap<>();
              for (String label : metric.labels.split(", ")) {
                if (!label.isEmpty()) {
                  labels.put(label, "x\"\\\n");
                }
              }
              if (metric.kind == Metric.Kind.HISTOGRAM) {
                double[] boundsMs = {1, 2};
                scrape.add(metric, labels, new Scrape.Histogram(boundsMs, new long[] {1, 0, 1}, 7));
              } else {
                scrape.add(metric, labels, 3);
              }
            }
          });
      String told = metrics.text();
      for (Metric metric : Metric.values()) {
        assertTrue(told.contains("# TYPE " + metric.exposed + " "), metric.exposed + ": " + told);
      }
      assertTrue(
          told.contains("fqt_gateway_confirm_seconds_sum{session=\"x\\\"\\\\\\n\"} 0.007"), told);
    }
  }

  @Test
  void aLabelThatTheReferenceDoesNotNameIsRefused() {
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> new Scrape().add(Metric.READY, Map.of("device", "pump-07"), 1));
    assertTrue(refused.getMessage().contains("fqt_gateway_ready"), refused.getMessage());
  }
}

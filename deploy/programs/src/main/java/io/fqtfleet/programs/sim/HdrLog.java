package io.fqtfleet.programs.sim;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;

/** Latencies as an HdrHistogram log, one tagged line per second, values in microseconds. */
final class HdrLog {
  private HdrLog() {}

  static void write(Map<String, List<Histogram>> intervals, Path file) throws IOException {
    try (PrintStream out = new PrintStream(file.toFile(), StandardCharsets.UTF_8)) {
      HistogramLogWriter log = new HistogramLogWriter(out);
      long start =
          intervals.values().stream()
              .flatMap(List::stream)
              .mapToLong(Histogram::getStartTimeStamp)
              .min()
              .orElse(0);
      log.setBaseTime(start);
      log.outputBaseTime(start);
      log.outputStartTime(start);
      log.outputLegend();
      intervals.forEach(
          (tag, histograms) ->
              histograms.forEach(
                  histogram -> {
                    histogram.setTag(tag);
                    log.outputIntervalHistogram(histogram);
                  }));
    }
  }
}

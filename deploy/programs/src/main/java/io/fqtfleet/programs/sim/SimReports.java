package io.fqtfleet.programs.sim;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Files that a run leaves; null = not wanted.
 *
 * @param json for machines and {@code sim compare}
 * @param html for people
 * @param junit for builds
 * @param hlog latencies per second, for HdrHistogram's tools
 */
public record SimReports(Path json, Path html, Path junit, Path hlog) {
  public void write(SimRun.Outcome outcome) throws IOException {
    if (json != null) {
      outcome.result().writeJson(json);
    }
    if (html != null) {
      HtmlReport.write(outcome.result(), html);
    }
    if (junit != null) {
      JunitReport.write(outcome.result(), junit);
    }
    if (hlog != null) {
      HdrLog.write(outcome.histograms(), hlog);
    }
  }
}

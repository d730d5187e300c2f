package io.fqtfleet.programs.sim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** A run as JUnit XML, so that a build shows its expectations like tests. */
final class JunitReport {
  private JunitReport() {}

  static void write(SimResult run, Path file) throws IOException {
    Files.writeString(file, text(run));
  }

  static String text(SimResult run) {
    long failed = run.expected().stream().filter(e -> !e.met()).count();
    StringBuilder out = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.append(
        String.format(
            Locale.ROOT,
            "<testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"%d\" time=\"%.1f\">%n",
            escape("fleet sim " + run.scenario()),
            run.expected().size() + 1,
            failed,
            run.isPartial() ? 1 : 0,
            run.durationS()));
    out.append("  <testcase classname=\"sim\" name=\"the run reaches its end\">");
    if (run.isPartial()) {
      out.append("<error message=\"").append(escape(run.partial())).append("\"/>");
    }
    out.append("</testcase>\n");
    for (SimResult.Expected expected : run.expected()) {
      out.append("  <testcase classname=\"sim\" name=\"")
          .append(escape(expected.what() + " " + expected.limit()))
          .append("\">");
      if (!expected.met()) {
        out.append("<failure message=\"").append(escape(expected.found())).append("\"/>");
      }
      out.append("</testcase>\n");
    }
    return out.append("</testsuite>\n").toString();
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replaceAll("[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F]", "?");
  }
}

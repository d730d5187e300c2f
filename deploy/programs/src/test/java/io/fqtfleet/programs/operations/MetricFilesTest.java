package io.fqtfleet.programs.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Rules and dashboard ask for metrics that the services have, in queries that Prometheus reads. */
class MetricFilesTest {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final Path FILES = ROOT.resolve("deploy/config/prometheus");
  private static final Pattern METRIC = Pattern.compile("\\bfqt_[a-z_]+");
  private static final Pattern LITERAL = Pattern.compile("\"(fqt_[a-z_]+)\"");
  private static final Pattern COUNT = Pattern.compile("count\\(\\s*\"([a-z_]+)\"");

  /** As the code writes them; of streams' own counters only the middle stands there. */
  private static TreeSet<String> written() throws IOException {
    TreeSet<String> names = new TreeSet<>();
    for (String module : List.of("gateway", "streams")) {
      try (Stream<Path> walk = Files.walk(ROOT.resolve(module + "/src/main/java"))) {
        for (Path file : (Iterable<Path>) walk.filter(Files::isRegularFile)::iterator) {
          String text = Files.readString(file);
          LITERAL.matcher(text).results().forEach(m -> names.add(m.group(1)));
          if (module.equals("streams")) {
            COUNT
                .matcher(text)
                .results()
                .forEach(m -> names.add("fqt_streams_" + m.group(1) + "_total"));
          }
        }
      }
    }
    // Kafka Streams' own, under our prefix.
    names.addAll(
        List.of(
            "fqt_streams_failed_stream_threads",
            "fqt_streams_alive_stream_threads",
            "fqt_streams_dropped_records_total"));
    return names;
  }

  @Test
  void everyMetricThatIsAskedForExists() throws IOException {
    TreeSet<String> written = written();
    int asked = 0;
    for (String file : List.of("rules.yaml", "grafana-dashboard.json")) {
      Matcher metric = METRIC.matcher(Files.readString(FILES.resolve(file)));
      while (metric.find()) {
        asked++;
        String name = metric.group().replaceAll("_(bucket|sum|count)$", "");
        assertTrue(written.contains(name), file + " asks for " + name + ", which nobody writes");
      }
    }
    assertTrue(asked > 20, "only " + asked + " metrics found");
  }

  @Test
  void promtoolReadsTheRulesAndTheDashboardsQueries() throws Exception {
    boolean there =
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(p -> Files.isExecutable(Path.of(p, "promtool")));
    boolean required = "1".equals(System.getenv("REQUIRE_TOOLS"));
    assertTrue(there || !required, "there is no promtool: apt-get install prometheus");
    Assumptions.assumeTrue(there, "SKIPPED: there is no promtool");
    promtool("check", "config", FILES.resolve("prometheus.yaml").toString());
    List<String> rules = new ArrayList<>();
    rules.add("groups: [{name: dashboard, rules: [");
    JsonNode dashboard =
        new ObjectMapper().readTree(FILES.resolve("grafana-dashboard.json").toFile());
    for (JsonNode panel : dashboard.path("panels")) {
      for (JsonNode target : panel.path("targets")) {
        rules.add(
            "{record: 'query_%d', expr: '%s'},"
                .formatted(rules.size(), target.path("expr").asText()));
      }
    }
    assertTrue(rules.size() > 15, "only " + rules.size() + " queries found");
    rules.add("]}]");
    Path asRules = Files.createTempFile("dashboard", ".yaml");
    Files.write(asRules, rules);
    promtool("check", "rules", asRules.toString());
    Files.delete(asRules);
  }

  private static void promtool(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
  }
}

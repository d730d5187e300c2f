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
  private static final Pattern METRIC = Pattern.compile("\\b(fqt|jvm|process|kafka)_[a-z_]+");
  private static final Pattern ROW = Pattern.compile("^\\| `([a-z_]+)` \\|", Pattern.MULTILINE);

  /** As both services' references name them; each is made from the code. */
  private static TreeSet<String> written() {
    TreeSet<String> names = new TreeSet<>();
    for (String table :
        List.of(
            io.fqtfleet.gateway.ops.MetricReference.table(),
            io.fqtfleet.streams.ops.MetricReference.table())) {
      ROW.matcher(table).results().forEach(row -> names.add(row.group(1)));
    }
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

package io.fqtfleet.programs.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.sim.fleet.Scenario;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run is judged, written and compared as it was. */
class ResultsTest {
  private static final SimTarget TARGET =
      new SimTarget(
          new InetSocketAddress("127.0.0.1", 1883), null, "k:1", Map.of(), new byte[32], Map.of());

  private static SimResult run(long lost, double p99, long alertMs, String partial) {
    SimResult.Times times = new SimResult.Times(100, p99 / 2, p99, p99, p99, p99);
    return new SimResult(
        "s<1>",
        "1/1",
        7,
        "2026-01-01T00:00:00Z",
        10,
        partial,
        new SimResult.Devices(0, 2, 2, 2, 0),
        new SimResult.Reports(100, 0, 100, 0, 100 - lost, lost, 0, 0, 0, 0, 10, Map.of()),
        times,
        times,
        List.of(new SimResult.DriftSeen("c", "far", 5, alertMs, -1, 0)),
        List.of(
            new KafkaWatch.Raised("DOMAIN_DRIFT", "COHORT", "c", "c", 6000, "c drifted"),
            new KafkaWatch.Raised("DEVICE_DRIFT", "DEVICE", "b-001", "b", 7000, "b-001 drifted")),
        new SimResult.Budgets(4, 0, 2, 1),
        Map.of("c", 0.9, "b", 0.7),
        new SimResult.Machine(2, Map.of("devices", 1.5), Map.of("thisProcess", 100L), 1),
        Map.of(),
        List.of(),
        List.of(
            new SimResult.Sample(
                1, 2, 10, 9, 8, 1, 2, 3, 4, 1, 0, Map.of("c", 0.9), Map.of("kafka", 0.5)),
            new SimResult.Sample(
                2, 2, 20, 19, 18, 1, 2, 3, 4, 2, 0, Map.of("c", 0.8), Map.of("kafka", 0.6))));
  }

  private static SimResult judged(SimResult run, String expect, boolean kafkaSeen) {
    Scenario scenario =
        StrictYaml.parse(
            "s.yaml",
            """
            domains: {a: {}, far: {}}
            cohorts:
              - {name: c, devices: 1, domain: a}
              - {name: b, devices: 2, domain: a}
            drifts: [{at: 5s, cohort: c, to: far}]
            expect: {%s}
            """
                .formatted(expect),
            Scenario.class);
    return new Judge(scenario, run, kafkaSeen).judged();
  }

  @Test
  void everyExpectationIsJudgedAndSaysWhatItFound() {
    SimResult run =
        judged(
            run(3, 50, 2000, ""),
            "lost: 2, duplicated: 0, publishToAckP99: 60ms, reportToKafkaP99: 40ms,"
                + " driftToAlert: 3s, driftToApplied: 9s, falseAlerts: 0, onLastBudget: true,"
                + " accuracy: 0.8",
            true);
    assertEquals(
        List.of(
            "reports lost 3 false",
            "reports duplicated 0 true",
            "publish to acknowledgement, p99 50.0 ms true",
            "report to Kafka, p99 50.0 ms false",
            "drift of c at 5 s to alert 2000 ms true",
            "drift of c at 5 s to budgets applied never false",
            "false alerts 1 false",
            "every device on its last budget 1 behind false"),
        run.expected().stream()
            .filter(e -> !e.what().startsWith("accuracy"))
            .map(e -> e.what() + " " + e.found() + " " + e.met())
            .toList());
    assertEquals(
        Map.of("accuracy of b at the end", false, "accuracy of c at the end", true),
        run.expected().stream()
            .filter(e -> e.what().startsWith("accuracy"))
            .collect(
                java.util.stream.Collectors.toMap(
                    SimResult.Expected::what, SimResult.Expected::met)));
    assertFalse(run.ok());
    assertTrue(judged(run(0, 5, 2000, ""), "lost: 0, driftToAlert: 3s", true).ok());
    assertFalse(judged(run(0, 5, 2000, ""), "lost: 0", false).ok(), "nobody looked");
    assertFalse(judged(run(0, 5, 2000, "it fell over"), "lost: 0", true).ok());
  }

  @Test
  void aRunIsWrittenAndReadBack(@TempDir Path folder) throws IOException {
    SimResult run = judged(run(1, 50, 2000, "gone <&"), "lost: 0", true);
    Path file = folder.resolve("run.json");
    run.writeJson(file);
    assertEquals(run, SimResult.read(file));
    Files.writeString(file, "{\"other\": 1}");
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> SimResult.read(file));
    assertTrue(e.getMessage().contains("holds no result of 'sim run ... --json'"), e.getMessage());
    String xml = JunitReport.text(run);
    assertTrue(xml.contains("tests=\"2\" failures=\"1\" errors=\"1\""), xml);
    assertTrue(xml.contains("<error message=\"gone &lt;&amp;\"/>"), xml);
    String html = HtmlReport.text(run);
    assertTrue(html.contains("Partial: gone &lt;&amp;"), html);
    assertTrue(html.contains("s&lt;1&gt;"), html);
    assertEquals(8, html.split("<svg ", -1).length - 1);
    assertFalse(html.contains("src="), "self-contained");
    assertTrue(SummaryText.of(run).contains("PARTIAL   gone <&"), SummaryText.of(run));
  }

  @Test
  void aWorseRunIsFoundBeyondTheTolerance() {
    SimResult a = run(0, 50, 2000, "");
    assertFalse(new Comparison(a, a, 0).worse());
    assertFalse(new Comparison(a, run(0, 55, 2100, ""), 20).worse());
    Comparison slower = new Comparison(a, run(0, 70, 2000, ""), 20);
    assertTrue(slower.worse());
    assertEquals(
        List.of(
            "publish to ack p50, ms",
            "publish to ack p99, ms",
            "report to Kafka p50, ms",
            "report to Kafka p99, ms"),
        slower.rows().stream().filter(Comparison.Row::worse).map(Comparison.Row::what).toList());
    assertTrue(new Comparison(a, run(1, 50, 2000, ""), 20).worse(), "one more lost");
    assertTrue(new Comparison(a, run(0, 50, -1, ""), 20).worse(), "no alert any more");
    assertTrue(slower.text().contains("+40 %  WORSE"), slower.text());
  }

  @Test
  void aTargetThatFellOverIsToldFromASlowOne() {
    Outage outage = new Outage();
    String found = "";
    for (int s = 0; s < 60 && found.isEmpty(); s++) {
      found = outage.found(sample(5, 100 + s, 90 + s), TARGET, null);
    }
    assertEquals("", found, "slow, not dead");
    int stalledFor = 0;
    for (; stalledFor < 60 && found.isEmpty(); stalledFor++) {
      found = outage.found(sample(5, 300, 149), TARGET, null);
    }
    assertTrue(found.contains("has acknowledged nothing for 20 s"), found);
    assertEquals(20, stalledFor);
    assertTrue(
        new Outage()
            .found(sample(5, 1, 1), TARGET, new IllegalStateException("x"))
            .contains("Kafka at k:1 can no longer be read (x)"));
    Outage never = new Outage();
    found = "";
    for (int s = 0; s < 60 && found.isEmpty(); s++) {
      found = never.found(sample(0, 0, 0), TARGET, null);
    }
    assertTrue(found.contains("no device has been connected"), found);
  }

  @Test
  void aKafkaThatNothingReachesIsNoticedThoughTheBrokerAcknowledges() {
    Outage outage = new Outage();
    String found = "";
    int s = 0;
    for (; s < 60 && found.isEmpty(); s++) {
      found = outage.found(sample(5, 100 + s, 100 + s, Math.min(110, 100 + s)), TARGET, null);
    }
    assertTrue(found.contains("nothing has arrived in Kafka at k:1 for 20 s"), found);
    assertEquals(31, s, "10 s in which it arrived, 20 of silence");
    Outage idle = new Outage();
    for (int i = 0; i < 60; i++) {
      // Repeated ones make up for one that is on its way: nothing new is acknowledged.
      assertEquals("", idle.found(sample(5, 100, 100, 99), TARGET, null));
    }
  }

  /** In Kafka is all that was acknowledged. */
  private static SimResult.Sample sample(long connected, long sent, long acked) {
    return sample(connected, sent, acked, acked);
  }

  private static SimResult.Sample sample(long connected, long sent, long acked, long inKafka) {
    return new SimResult.Sample(
        1, connected, sent, acked, inKafka, 0, 0, 0, 0, 0, 0, Map.of(), Map.of());
  }
}

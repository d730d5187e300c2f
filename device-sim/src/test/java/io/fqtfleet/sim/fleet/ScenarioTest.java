package io.fqtfleet.sim.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.sim.fleet.CohortSpec.Arrivals;
import io.fqtfleet.sim.fleet.CohortSpec.Fidelity;
import io.fqtfleet.sim.fleet.LoadSpecs.Churn;
import io.fqtfleet.sim.fleet.LoadSpecs.ConnectSpec;
import io.fqtfleet.sim.fleet.LoadSpecs.FirmwareRollout;
import io.fqtfleet.sim.fleet.LoadSpecs.PhaseSpec;
import io.fqtfleet.sim.fleet.LoadSpecs.ReportSchema;
import io.fqtfleet.sim.fleet.LoadSpecs.SkewedClock;
import io.fqtfleet.sim.fleet.LoadSpecs.Storm;
import io.fqtfleet.sim.signal.DataSetFixture;
import io.fqtfleet.sim.signal.DriftProfile;
import io.fqtfleet.sim.signal.FileDataSet;
import io.fqtfleet.sim.signal.SensorFault;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What may be written in a scenario, and what is said of a wrong one. */
class ScenarioTest {
  private static final String EVERY_KEY =
      """
      name: all
      seed: 12
      duration: 90s
      domains:
        near: {speedRpm: 1000, load: 0.1, resonanceHz: 2000, damping: 0.1, secondResonanceHz: 900,
               secondShare: 0.2, gain: 2, noise: 0.3, hum: 0.4,
               dataSet: {domain: south, channel: 1}}
        far: {}
      factory: {training: true, lambdaMinPermille: 5, lambdaMaxPermille: 500,
                firstTrainableLayer: 1, learningRate: 77, batchSize: 3, trainEveryNth: 2,
                energyCapacityMilliJoule: 9, energyRefillMilliJoulePerHour: 8}
      link: {dropPermille: 10, repeatPermille: 20, latePermille: 30, lateBy: 3s}
      cohorts:
        - {name: c, devices: 3, qemuDevices: 1, domain: near, windowsPerSecond: 2.5,
           qemuWindowsPerSecond: 1.5, labelledShare: 0.25, reportInterval: 500ms,
           attributes: {site: x}}
        - {name: t, devices: 9, domain: near, fidelity: trace, arrivals: poisson, recording: r.fqr}
      drifts: [{at: 10s, cohort: c, to: far, profile: gradual, over: 5s}]
      faults: [{at: 20s, until: 30s, cohort: c, device: 2, kind: offset, magnitude: 0.7}]
      wrongLabels: [{at: 40s, until: 50s, cohort: c, device: 1, share: 0.6}]
      connect: {perSecond: 77, devicesPerConnection: 5}
      phases: [{name: up, lasts: 90s, rate: 50, fromRate: 10, connected: 0.5}]
      storms: [{at: 5s, cohort: t, share: 0.4, downFor: 7s}]
      churn: [{cohort: t, online: 20s, offline: 4s, restarts: true}]
      clocks: [{cohort: t, share: 0.3, ppm: -50}]
      rollouts: [{at: 6s, over: 8s, cohort: t, firmware: 3.1, writes: previous}]
      expect: {lost: 0, duplicated: 1, outOfOrder: 2, missed: 3, publishToAckP99: 50ms,
               reportToKafkaP99: 60ms, driftToAlert: 10s, driftToApplied: 11s, falseAlerts: 4,
               onLastBudget: true, accuracy: 0.8}
      """;

  private static final List<String> SHIPPED =
      List.of(
          "broken-sensors",
          "capacity",
          "churn",
          "clock-skew",
          "demo",
          "drift-cohort",
          "drift-gradual",
          "drift-recurring",
          "drift-step",
          "duplicate-late",
          "lossy",
          "multiplex",
          "ramp",
          "rollout",
          "season",
          "sizing",
          "steady",
          "storm");

  private static Scenario parse(String text) {
    return StrictYaml.parse("test.yaml", text, Scenario.class);
  }

  @Test
  void everyKeyReachesItsField() {
    Scenario s = parse(EVERY_KEY);
    assertEquals("all", s.name());
    assertEquals(12, s.seed());
    assertEquals(Duration.ofSeconds(90), s.duration());
    assertEquals(
        new DomainSpec(
            1000.0,
            0.1,
            2000.0,
            0.1,
            900.0,
            0.2,
            2.0,
            0.3,
            0.4,
            new DomainSpec.PlaceSpec("south", 1)),
        s.domains().get("near"));
    assertEquals(new FactorySpec(true, 5, 500, 1, 77, 3, 2, 9, 8), s.factory());
    assertEquals(new LinkSpec(10, 20, 30, Duration.ofSeconds(3)), s.link());
    assertEquals(
        new CohortSpec(
            "c",
            3,
            1,
            "near",
            2.5,
            1.5,
            0.25,
            Duration.ofMillis(500),
            Map.of("site", "x"),
            Fidelity.EXACT,
            Arrivals.FIXED,
            null),
        s.cohorts().get(0));
    assertEquals(Fidelity.TRACE, s.cohorts().get(1).fidelity());
    assertEquals(Arrivals.POISSON, s.cohorts().get(1).arrivals());
    assertEquals("r.fqr", s.cohorts().get(1).recording());
    assertEquals(new ConnectSpec(77, 5), s.connect());
    assertEquals(new PhaseSpec("up", Duration.ofSeconds(90), 50.0, 10.0, 0.5), s.phases().get(0));
    assertEquals(
        new Storm(Duration.ofSeconds(5), "t", 0.4, Duration.ofSeconds(7)), s.storms().get(0));
    assertEquals(
        new Churn("t", Duration.ofSeconds(20), Duration.ofSeconds(4), true), s.churn().get(0));
    assertEquals(new SkewedClock("t", 0.3, -50.0), s.clocks().get(0));
    assertEquals(
        new FirmwareRollout(
            Duration.ofSeconds(6), Duration.ofSeconds(8), "t", "3.1", ReportSchema.PREVIOUS),
        s.rollouts().get(0));
    assertEquals(
        new ExpectSpec(
            0L,
            1L,
            2L,
            3L,
            Duration.ofMillis(50),
            Duration.ofMillis(60),
            Duration.ofSeconds(10),
            Duration.ofSeconds(11),
            4L,
            true,
            0.8),
        s.expect());
    assertEquals(
        new EventSpecs.Drift(
            Duration.ofSeconds(10), "c", "far", DriftProfile.GRADUAL, Duration.ofSeconds(5)),
        s.drifts().get(0));
    assertEquals(
        new EventSpecs.Fault(
            Duration.ofSeconds(20), Duration.ofSeconds(30), "c", 2, SensorFault.OFFSET, 0.7),
        s.faults().get(0));
    assertEquals(
        new EventSpecs.WrongLabels(Duration.ofSeconds(40), Duration.ofSeconds(50), "c", 1, 0.6),
        s.wrongLabels().get(0));
  }

  @Test
  void whatIsLeftOutHasItsDefault() {
    Scenario s = parse("domains: {a: {}}\ncohorts: [{name: c, devices: 1, domain: a}]");
    assertEquals(1, s.seed());
    assertEquals(Duration.ofMinutes(2), s.duration());
    assertEquals(false, s.factory().training());
    assertEquals(
        new CohortSpec(
            "c",
            1,
            0,
            "a",
            10.0,
            5.0,
            1.0,
            Duration.ofSeconds(2),
            Map.of(),
            Fidelity.EXACT,
            Arrivals.FIXED,
            null),
        s.cohorts().get(0));
    assertEquals(io.fqtfleet.sim.signal.BearingDomain.reference(), s.domains().get("a").bearing());
  }

  @Test
  void shippedScenariosLoadAndSayWhatTheyShould() throws IOException {
    List<String> names = new ArrayList<>();
    try (Stream<Path> files = Files.list(Path.of("scenarios"))) {
      for (Path file : files.sorted().toList()) {
        Scenario s = Scenario.read(file);
        assertTrue(Files.readString(file).startsWith("# "), file + " does not say what it is for");
        assertEquals(s.name() + ".yaml", file.getFileName().toString());
        s.domains().forEach((name, domain) -> assertTrue(domain.dataSet() != null, name));
        assertTrue(s.generated().domains().containsAll(s.sourceDomains()));
        names.add(s.name());
      }
    }
    assertEquals(SHIPPED, names);
    Scenario demo = Scenario.read(Path.of("scenarios/demo.yaml"));
    assertEquals(200, demo.simulatedDevices());
    assertEquals(2, demo.qemuDevices());
    assertEquals(4, demo.cohorts().size());
  }

  @Test
  void aTypoIsAnsweredWithTheKeyThatWasMeant() {
    assertProblems(
        "domains: {a: {}}\ncohorts: [{name: c, device: 1, domain: a}]\nsed: 3",
        "sed: is an unknown key; did you mean 'seed'?",
        "cohorts[0].device: is an unknown key; did you mean 'devices'?");
  }

  @Test
  void valuesOutOfRangeAreListedWithTheirRule() {
    assertProblems(
        """
        domains: {a: {speedRpm: 5, load: 3}}
        link: {dropPermille: 950}
        cohorts: [{name: "c d", devices: 1, domain: a, windowsPerSecond: 0, labelledShare: 1.5}]
        """,
        "domains.a: speedRpm = 5.0 is not in 200.0..12000.0; load = 3.0 is not in 0.0..1.0",
        "link: dropPermille = 950 is not in 0..900",
        "cohorts[0]: name = 'c d' is not [A-Za-z0-9_-]{1,32}; windowsPerSecond = 0 is not in"
            + " 0.01..1000; labelledShare = 1.5 is not in 0..1");
  }

  @Test
  void namesThatDoNotFitTogetherAreFound() {
    assertProblems(
        """
        domains: {a: {}}
        cohorts:
          - {name: c, devices: 2, domain: b}
          - {name: c, devices: 2, domain: a}
        drifts: [{at: 1s, cohort: d, to: e}]
        faults: [{at: 1s, cohort: c, device: 2, kind: stuck}]
        """,
        "cohort c: domain 'b' is not one of [a]; cohort 'c' is described twice; drifts: domain 'e'"
            + " is not one of [a]; drifts: cohort 'd' is not one of [c, c]; faults: device 2 of"
            + " cohort c does not exist; it has 0..1");
  }

  @Test
  void eventsNeedWhatTheyNeed() {
    assertProblems(
        """
        domains: {a: {}}
        cohorts: [{name: c, devices: 1, domain: a}]
        drifts: [{at: 1s, cohort: c, to: a, profile: gradual}, {cohort: c, to: a, over: 3s}]
        faults: [{at: 9s, until: 8s, cohort: c, device: 0, kind: bent}]
        wrongLabels: [{at: 9s, until: 8s, cohort: c}]
        """,
        "drifts[0]: over is missing: a gradual drift takes time",
        "drifts[1]: at is missing; it has no default; over = PT3S has no meaning for an abrupt"
            + " drift; leave it out",
        "faults[0].kind: \"bent\" is not one of [stuck, offset, noise, gain]",
        "wrongLabels[0]: until is not after at");
  }

  @Test
  void anEmptyScenarioIsToldWhatItLacks() {
    assertProblems(
        "seed: 3",
        "domains is missing: name at least one; cohorts is missing: describe at least one");
  }

  private static void assertProblems(String text, String... problems) {
    ConfigException e = assertThrows(ConfigException.class, () -> parse(text));
    assertEquals(List.of(problems), e.problems());
  }

  @Test
  void domainsFindTheirPlaceInADataSetByNameOrNumber(@TempDir Path folder) throws IOException {
    DataSetFixture.write(folder, 9, 512);
    FileDataSet set = FileDataSet.read(folder);
    String cohort = "\ncohorts: [{name: c, devices: 1, domain: a}]";
    parse("domains: {a: {dataSet: {domain: south, channel: 1}}}" + cohort)
        .from(set)
        .source("a", 1, 0);
    parse("domains: {a: {dataSet: {domain: '1'}}}" + cohort).from(set).source("a", 1, 0);
    assertEquals(
        "domain 'a' has no place in data set 'tiny': add dataSet: {domain: ..., channel: ...}",
        refusal("domains: {a: {}}" + cohort, set));
    assertEquals(
        "domain 'a': data set 'tiny' has no domain 'east'; it has [north, south]",
        refusal("domains: {a: {dataSet: {domain: east}}}" + cohort, set));
  }

  private static String refusal(String text, FileDataSet set) {
    return assertThrows(IllegalArgumentException.class, () -> parse(text).from(set)).getMessage();
  }

  @Test
  void otherNumbersOfDevicesKeepTheShares() {
    Scenario s =
        parse(
            """
            domains: {a: {}}
            cohorts: [{name: x, devices: 10, domain: a}, {name: y, devices: 30, domain: a}]
            faults: [{at: 1s, cohort: x, device: 3, kind: stuck}]
            """);
    Scenario seven = s.withDevices(17);
    assertEquals(4, seven.cohorts().get(0).devices());
    assertEquals(13, seven.cohorts().get(1).devices());
    assertEquals(17, seven.simulatedDevices());
    assertEquals(
        "faults: device 3 of cohort x does not exist; it has 0..0",
        assertThrows(IllegalArgumentException.class, () -> s.withDevices(4)).getMessage());
    assertEquals(5, s.withSeed(5).seed());
    assertEquals(0, s.withoutQemu().qemuDevices());
  }

  /** The README's table of keys and the records are the same list. */
  @Test
  void theReadmeNamesEveryKeyAndNoOther() throws IOException {
    TreeSet<String> keys = new TreeSet<>();
    collect("", Scenario.class, keys);
    TreeSet<String> documented = new TreeSet<>();
    Matcher row =
        Pattern.compile("(?m)^\\| `([a-z][A-Za-z0-9.\\[\\]*]+)` \\|")
            .matcher(Files.readString(Path.of("README.md")));
    while (row.find()) {
      documented.add(row.group(1));
    }
    assertEquals(keys, documented);
  }

  private static void collect(String path, Class<?> type, TreeSet<String> keys) {
    for (RecordComponent component : type.getRecordComponents()) {
      String key = path + component.getName();
      Class<?> raw = component.getType();
      Type last = component.getGenericType();
      if (last instanceof ParameterizedType generic) {
        Type[] arguments = generic.getActualTypeArguments();
        raw = (Class<?>) arguments[arguments.length - 1];
        key += component.getType() == Map.class ? ".*" : "[]";
      }
      if (raw.isRecord()) {
        collect(key + ".", raw, keys);
      } else {
        keys.add(key);
      }
    }
  }
}

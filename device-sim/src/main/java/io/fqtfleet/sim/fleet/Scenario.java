package io.fqtfleet.sim.fleet;

import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.schemas.YamlLines;
import io.fqtfleet.sim.fleet.EventSpecs.Drift;
import io.fqtfleet.sim.fleet.EventSpecs.Fault;
import io.fqtfleet.sim.fleet.EventSpecs.WrongLabels;
import io.fqtfleet.sim.fleet.LoadSpecs.Churn;
import io.fqtfleet.sim.fleet.LoadSpecs.ConnectSpec;
import io.fqtfleet.sim.fleet.LoadSpecs.FirmwareRollout;
import io.fqtfleet.sim.fleet.LoadSpecs.PhaseSpec;
import io.fqtfleet.sim.fleet.LoadSpecs.SkewedClock;
import io.fqtfleet.sim.fleet.LoadSpecs.Storm;
import io.fqtfleet.sim.signal.BearingDomain;
import io.fqtfleet.sim.signal.DataSetSource.Place;
import io.fqtfleet.sim.signal.DataSetSpace;
import io.fqtfleet.sim.signal.FileDataSet;
import io.fqtfleet.sim.signal.GeneratedSpace;
import io.fqtfleet.sim.signal.SignalSpace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A fleet and what happens to it, as a YAML file. Every key and its default stands in the README.
 *
 * @param name of the scenario
 * @param seed of everything random, 0 or more
 * @param duration after which a program may end it
 * @param domains by name; values left out are the reference domain's
 * @param factory what devices may train before their first budget
 * @param link how bad the way to the broker is
 * @param cohorts at least one
 * @param drifts changes of a cohort's domain
 * @param faults broken sensors
 * @param wrongLabels wrong labels
 * @param connect how trace devices connect
 * @param phases parts of the run with their offered rate and share of connected devices
 * @param storms connections that break together and come back together
 * @param churn devices that come and go
 * @param clocks devices whose clock runs wrong
 * @param rollouts new firmware, device by device
 * @param expect what the run must show
 */
public record Scenario(
    String name,
    Long seed,
    Duration duration,
    Map<String, DomainSpec> domains,
    FactorySpec factory,
    LinkSpec link,
    List<CohortSpec> cohorts,
    List<Drift> drifts,
    List<Fault> faults,
    List<WrongLabels> wrongLabels,
    ConnectSpec connect,
    List<PhaseSpec> phases,
    List<Storm> storms,
    List<Churn> churn,
    List<SkewedClock> clocks,
    List<FirmwareRollout> rollouts,
    ExpectSpec expect) {
  private static final Duration DURATION = Duration.ofMinutes(2);

  public Scenario {
    name = Objects.requireNonNullElse(name, "unnamed");
    seed = Objects.requireNonNullElse(seed, 1L);
    phases = phases == null ? List.of() : List.copyOf(phases);
    Duration inPhases = PhaseSpec.total(phases);
    boolean phasesFit = phases.isEmpty() || duration == null || duration.equals(inPhases);
    Duration stated = duration;
    duration = Objects.requireNonNullElse(duration, phases.isEmpty() ? DURATION : inPhases);
    domains =
        domains == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(domains));
    factory = factory == null ? FactorySpec.frozen() : factory;
    link = link == null ? LinkSpec.good() : link;
    cohorts = cohorts == null ? List.of() : List.copyOf(cohorts);
    drifts = drifts == null ? List.of() : List.copyOf(drifts);
    faults = faults == null ? List.of() : List.copyOf(faults);
    wrongLabels = wrongLabels == null ? List.of() : List.copyOf(wrongLabels);
    connect = connect == null ? new ConnectSpec(null, null) : connect;
    storms = storms == null ? List.of() : List.copyOf(storms);
    churn = churn == null ? List.of() : List.copyOf(churn);
    clocks = clocks == null ? List.of() : List.copyOf(clocks);
    rollouts = rollouts == null ? List.of() : List.copyOf(rollouts);
    expect = expect == null ? ExpectSpec.nothing() : expect;
    Checks checks =
        new Checks()
            .that(
                phasesFit,
                "phases: last %s together, but duration = %s; leave duration out",
                Checks.words(inPhases),
                stated == null ? "" : Checks.words(stated))
            .that(seed >= 0, "seed = %d is not 0 or more", seed)
            .range("duration", duration, Duration.ofSeconds(1), Duration.ofDays(365))
            .that(!domains.isEmpty(), "domains is missing: name at least one")
            .that(!cohorts.isEmpty(), "cohorts is missing: describe at least one");
    checkNames(checks, domains, cohorts);
    for (Drift drift : drifts) {
      checkDomain(checks, "drifts", drift.to(), domains);
      checkDevice(checks, "drifts", drift.cohort(), null, cohorts);
    }
    for (Fault fault : faults) {
      checkDevice(checks, "faults", fault.cohort(), fault.device(), cohorts);
    }
    for (WrongLabels wrong : wrongLabels) {
      checkDevice(checks, "wrongLabels", wrong.cohort(), wrong.device(), cohorts);
    }
    checkLoad(checks, duration, cohorts, drifts, faults, phases, storms, churn, clocks, rollouts);
    checks.done();
  }

  /** Reads a file. Variables {@code FQT_SIM_SEED} and the like override it. */
  public static Scenario read(Path file) {
    try {
      return StrictYaml.read(file, Scenario.class, System.getenv(), "FQT_SIM");
    } catch (ConfigException e) {
      throw YamlLines.of(file).placed(file.toString(), e);
    }
  }

  private static void checkNames(
      Checks checks, Map<String, DomainSpec> domains, List<CohortSpec> cohorts) {
    Set<String> seen = new HashSet<>();
    for (CohortSpec cohort : cohorts) {
      checks.that(seen.add(cohort.name()), "cohort '%s' is described twice", cohort.name());
      checkDomain(checks, "cohort " + cohort.name(), cohort.domain(), domains);
    }
  }

  private static void checkDomain(
      Checks checks, String where, String domain, Map<String, DomainSpec> domains) {
    checks.that(
        domains.containsKey(domain),
        "%s: domain '%s' is not one of %s",
        where,
        domain,
        domains.keySet());
  }

  private static void checkDevice(
      Checks checks, String where, String cohort, Integer device, List<CohortSpec> cohorts) {
    CohortSpec found = null;
    for (CohortSpec candidate : cohorts) {
      found = candidate.name().equals(cohort) ? candidate : found;
    }
    List<String> names = cohorts.stream().map(CohortSpec::name).toList();
    checks.that(found != null, "%s: cohort '%s' is not one of %s", where, cohort, names);
    if (found != null && device != null) {
      checks.that(
          device < found.devices(),
          "%s: device %d of cohort %s does not exist; it has 0..%d",
          where,
          device,
          cohort,
          found.devices() - 1);
    }
  }

  private static void checkLoad(
      Checks checks,
      Duration duration,
      List<CohortSpec> cohorts,
      List<Drift> drifts,
      List<Fault> faults,
      List<PhaseSpec> phases,
      List<Storm> storms,
      List<Churn> churn,
      List<SkewedClock> clocks,
      List<FirmwareRollout> rollouts) {
    for (CohortSpec cohort : cohorts) {
      boolean recorded = cohort.recording() != null;
      for (Drift drift : recorded ? drifts : List.<Drift>of()) {
        checks.that(
            !drift.cohort().equals(cohort.name()),
            "drifts: cohort '%s' replays a recording; what happens is in it",
            cohort.name());
      }
      for (Fault fault : recorded ? faults : List.<Fault>of()) {
        checks.that(
            !fault.cohort().equals(cohort.name()),
            "faults: cohort '%s' replays a recording; what happens is in it",
            cohort.name());
      }
    }
    boolean anyTrace = cohorts.stream().anyMatch(CohortSpec::isTrace);
    checks.that(
        phases.isEmpty() || anyTrace,
        "phases: no cohort has fidelity: trace; exact devices keep their own pace");
    for (int i = 0; i < storms.size(); i++) {
      String where = "storms[%d]".formatted(i);
      checkTrace(checks, where, storms.get(i).cohort(), cohorts);
      checks.that(
          storms.get(i).at().compareTo(duration) < 0,
          "%s: at = %s is not before the end, %s",
          where,
          Checks.words(storms.get(i).at()),
          Checks.words(duration));
    }
    for (int i = 0; i < churn.size(); i++) {
      checkTrace(checks, "churn[%d]".formatted(i), churn.get(i).cohort(), cohorts);
    }
    for (int i = 0; i < clocks.size(); i++) {
      checkTrace(checks, "clocks[%d]".formatted(i), clocks.get(i).cohort(), cohorts);
    }
    for (int i = 0; i < rollouts.size(); i++) {
      checkTrace(checks, "rollouts[%d]".formatted(i), rollouts.get(i).cohort(), cohorts);
    }
  }

  /** A null cohort means all with trace devices. */
  private static void checkTrace(
      Checks checks, String where, String cohort, List<CohortSpec> cohorts) {
    List<String> traced =
        cohorts.stream().filter(CohortSpec::isTrace).map(CohortSpec::name).toList();
    checks.that(
        cohort == null ? !traced.isEmpty() : traced.contains(cohort),
        "%s: cohort '%s' is not one of those with fidelity: trace, %s",
        where,
        cohort == null ? "*" : cohort,
        traced);
  }

  /** All simulated devices. */
  public int simulatedDevices() {
    return cohorts.stream().mapToInt(CohortSpec::devices).sum();
  }

  /** Cohorts of one fidelity. */
  public List<CohortSpec> cohorts(CohortSpec.Fidelity fidelity) {
    return cohorts.stream().filter(c -> c.fidelity() == fidelity).toList();
  }

  /** The same whose exact devices and firmware images run elsewhere. */
  public Scenario withoutExact() {
    return new Scenario(
        name,
        seed,
        duration,
        domains,
        factory,
        link,
        cohorts(CohortSpec.Fidelity.TRACE),
        drifts.stream().filter(d -> isTrace(d.cohort())).toList(),
        faults.stream().filter(f -> isTrace(f.cohort())).toList(),
        wrongLabels.stream().filter(w -> isTrace(w.cohort())).toList(),
        connect,
        phases,
        storms,
        churn,
        clocks,
        rollouts,
        expect);
  }

  private boolean isTrace(String cohort) {
    return cohorts(CohortSpec.Fidelity.TRACE).stream().anyMatch(c -> c.name().equals(cohort));
  }

  /** All QEMU devices. */
  public int qemuDevices() {
    return cohorts.stream().mapToInt(CohortSpec::qemuDevices).sum();
  }

  public Scenario withSeed(long otherSeed) {
    return copy(otherSeed, cohorts);
  }

  /** The same without firmware images. */
  public Scenario withoutQemu() {
    return copy(seed, cohorts.stream().map(c -> c.withDevices(c.devices(), 0)).toList());
  }

  /**
   * The same with another number of simulated devices, spread over the cohorts as before.
   *
   * @throws IllegalArgumentException if a fault would then hit a device that does not exist
   */
  public Scenario withDevices(int total) {
    int before = simulatedDevices();
    List<CohortSpec> scaled = new ArrayList<>();
    int seen = 0;
    int given = 0;
    for (CohortSpec cohort : cohorts) {
      seen += cohort.devices();
      int upTo = before == 0 ? 0 : (int) Math.round((double) total * seen / before);
      scaled.add(cohort.withDevices(upTo - given, cohort.qemuDevices()));
      given = upTo;
    }
    return copy(seed, scaled);
  }

  private Scenario copy(long otherSeed, List<CohortSpec> otherCohorts) {
    return new Scenario(
        name,
        otherSeed,
        duration,
        domains,
        factory,
        link,
        otherCohorts,
        drifts,
        faults,
        wrongLabels,
        connect,
        phases,
        storms,
        churn,
        clocks,
        rollouts,
        expect);
  }

  /** The signals of the generator. */
  public SignalSpace generated() {
    Map<String, BearingDomain> bearings = new LinkedHashMap<>();
    domains.forEach((domain, spec) -> bearings.put(domain, spec.bearing()));
    return new GeneratedSpace(bearings);
  }

  /**
   * The signals of a data set.
   *
   * @throws IllegalArgumentException if a domain of this scenario has no place in it
   */
  public SignalSpace from(FileDataSet set) {
    Map<String, Place> places = new LinkedHashMap<>();
    domains.forEach((domain, spec) -> places.put(domain, spec.place(domain, set)));
    return new DataSetSpace(set, places);
  }

  /** Domains that cohorts start in: what factory weights are trained for. */
  public List<String> sourceDomains() {
    return cohorts.stream().map(CohortSpec::domain).distinct().sorted().toList();
  }
}

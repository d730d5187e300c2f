package io.fqtfleet.sim.fleet;

import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.sim.fleet.EventSpecs.Drift;
import io.fqtfleet.sim.fleet.EventSpecs.Fault;
import io.fqtfleet.sim.fleet.EventSpecs.WrongLabels;
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
    List<WrongLabels> wrongLabels) {
  public Scenario {
    name = Objects.requireNonNullElse(name, "unnamed");
    seed = Objects.requireNonNullElse(seed, 1L);
    duration = Objects.requireNonNullElse(duration, Duration.ofMinutes(2));
    domains =
        domains == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(domains));
    factory = factory == null ? FactorySpec.frozen() : factory;
    link = link == null ? new LinkSpec(null, null) : link;
    cohorts = cohorts == null ? List.of() : List.copyOf(cohorts);
    drifts = drifts == null ? List.of() : List.copyOf(drifts);
    faults = faults == null ? List.of() : List.copyOf(faults);
    wrongLabels = wrongLabels == null ? List.of() : List.copyOf(wrongLabels);
    Checks checks =
        new Checks()
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
    checks.done();
  }

  /** Reads a file. Variables {@code FQT_SIM_SEED} and the like override it. */
  public static Scenario read(Path file) {
    return StrictYaml.read(file, Scenario.class, System.getenv(), "FQT_SIM");
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

  /** All simulated devices. */
  public int simulatedDevices() {
    return cohorts.stream().mapToInt(CohortSpec::devices).sum();
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
        wrongLabels);
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

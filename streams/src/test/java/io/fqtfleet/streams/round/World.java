package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.state.AttributeEvidence;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.LayerEvidence;
import io.fqtfleet.streams.state.ReportEvidence;
import io.fqtfleet.streams.state.StatusEvidence;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Cohorts of simulated devices, decided round by round by the production logic. Seeded. */
final class World {
  static final int ROUND_MS = 2000;
  static final long START_MS = 1_700_000_000_000L / ROUND_MS * ROUND_MS;
  static final int SAMPLES = 20;
  static final int VALUES = 64;

  /** One device; what is not set is as in a healthy one. */
  static final class Device {
    final String id;
    final Random random;
    double error = 0.05;
    double labelledShare = 1;
    double confidence = 0.92;
    double gradient = 1;
    double inputMean;
    double inputDeviation = 300;
    double saturated = 0.002;
    int throttled;
    int trained;
    int firstLayer;
    List<LayerEvidence> layers = List.of();
    int lost;
    boolean silent;

    /** The next report counts since then, over so many rounds more; 0 = since the last one. */
    long sinceMs;

    int catchesUp;
    boolean online = true;
    List<String> attributes = List.of("firmware=1.0");
    long sequence;
    long budgetVersion;
    private boolean told;

    Device(String id, long seed) {
      this.id = id;
      this.random = new Random(seed);
    }

    /** The world that all its signals see: labels err, the network doubts, inputs differ. */
    void drift(double newError) {
      error = newError;
      confidence = 0.92 - 0.4 * (newError - 0.05);
      gradient = 1 + 4 * (newError - 0.05);
      inputDeviation = 300 * (1 + newError - 0.05);
    }

    private double noisy(double value, double share) {
      return value * (1 + share * random.nextGaussian());
    }

    ReportEvidence report() {
      sequence += 1 + lost;
      int labelled = (int) Math.round(SAMPLES * labelledShare) * (1 + catchesUp);
      long countedSinceMs = sinceMs;
      sinceMs = 0;
      catchesUp = 0;
      int wrong = 0;
      for (int i = 0; i < labelled; i++) {
        wrong += random.nextDouble() < error ? 1 : 0;
      }
      double sure = Math.min(1, confidence + 0.02 * random.nextGaussian());
      long count = (long) SAMPLES * VALUES;
      double mean = inputMean + 6 * random.nextGaussian();
      double deviation = noisy(inputDeviation, 0.03);
      long squares = Math.round(count * (mean * mean + deviation * deviation));
      return ReportEvidence.newBuilder()
          .setBootCounter(1)
          .setSequence(sequence)
          .setSinceMs(countedSinceMs)
          .setSamplesSeen(Math.max(SAMPLES, labelled))
          .setSamplesLabelled(labelled)
          .setSamplesCorrect(labelled - wrong)
          .setSamplesTrained(trained)
          .setLossSum(Math.round((0.1 * (labelled - wrong) + 2 * wrong) * noisy(4096, 0.1)))
          .setGradNormSquareSum(Math.round(SAMPLES * noisy(gradient, 0.1) * (1 << 24)))
          .setGradSamples(SAMPLES)
          .setConfidenceSum(Math.round(Math.max(SAMPLES, labelled) * sure * (1 << 15)))
          .setInputCount(count)
          .setInputSum(Math.round(count * mean))
          .setInputSquareSum(squares)
          .setInputMin((int) (mean - 3 * deviation))
          .setInputMax((int) (mean + 3 * deviation))
          .setMacsForward(1000)
          .setMacsBackward(0)
          .setEnergyMicroJoule(10)
          .setBudgetVersion(budgetVersion)
          .setReportsLost(lost)
          .setReportsDropped(0)
          .setCodesSaturated(Math.round(10_000 * Math.max(0, noisy(saturated, 0.1))))
          .setCodesTotal(10_000)
          .setSamplesThrottled(throttled)
          .setFirstLayer(firstLayer)
          .setLayers(layers)
          .build();
    }
  }

  /** A cohort with what its rounds remember and said. */
  static final class Cohort {
    final String name;
    final TreeMap<String, Device> devices = new TreeMap<>();
    final TreeMap<String, DeviceCard> cards = new TreeMap<>();
    final CohortCard card = new CohortCard();
    CohortHealth health;
    private SplitCohort parts;

    Cohort(String name) {
      this.name = name;
    }

    List<Device> list() {
      return new ArrayList<>(devices.values());
    }
  }

  final Map<String, Cohort> cohorts = new TreeMap<>();
  final List<Alert> alerts = new ArrayList<>();
  final List<CohortRound.Outcome> outcomes = new ArrayList<>();
  Policy policy = Policies.DEFAULT;

  /** What else the next round hears. */
  final List<CohortEvent> said = new ArrayList<>();

  int round;

  /** Devices of a cohort that are done together. */
  int perShard = Shards.DEVICES;

  /** Shards that each cohort is decided by. */
  int split = 1;

  World(int cohortCount, int perCohort, long seed) {
    Random random = new Random(seed);
    for (int c = 0; c < cohortCount; c++) {
      Cohort cohort = new Cohort("c%02d".formatted(c));
      for (int d = 0; d < perCohort; d++) {
        String id = "d%02d-%03d".formatted(c, d);
        cohort.devices.put(id, new Device(id, random.nextLong()));
      }
      cohorts.put(cohort.name, cohort);
    }
  }

  Cohort cohort(int index) {
    return cohorts.get("c%02d".formatted(index));
  }

  List<Device> all() {
    return cohorts.values().stream().flatMap(c -> c.devices.values().stream()).toList();
  }

  /** Plays rounds; gives the alerts that they raised or changed. */
  List<Alert> run(int rounds) {
    List<Alert> fresh = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      long startMs = START_MS + (long) round * ROUND_MS;
      FleetView fleet =
          FleetView.of(
              cohorts.values().stream().map(c -> c.health).filter(h -> h != null).toList());
      for (Cohort cohort : cohorts.values()) {
        CohortRound.Closed closed =
            new CohortRound.Closed(
                cohort.name,
                startMs + ROUND_MS,
                ROUND_MS,
                all().size(),
                policy,
                fleet.levels(),
                fleet.causes());
        CohortRound.Outcome outcome = decide(cohort, closed, heard(cohort, startMs));
        cohort.health = outcome.health();
        fresh.addAll(outcome.alerts());
        outcomes.add(outcome);
      }
      round++;
    }
    alerts.addAll(fresh);
    return fresh;
  }

  private CohortRound.Outcome decide(
      Cohort cohort, CohortRound.Closed closed, List<CohortEvent> events) {
    if (split == 1) {
      return CohortRound.decide(closed, cohort.card, cohort.cards, events, perShard, Exchange.NONE);
    }
    if (cohort.parts == null) {
      cohort.parts = new SplitCohort(split);
    }
    return cohort.parts.decide(closed, cohort.cards, events);
  }

  private List<CohortEvent> heard(Cohort cohort, long startMs) {
    List<CohortEvent> events = events(cohort, startMs);
    said.stream().filter(e -> e.getCohort().equals(cohort.name)).forEach(events::add);
    said.removeIf(e -> e.getCohort().equals(cohort.name));
    return events;
  }

  private static List<CohortEvent> events(Cohort cohort, long startMs) {
    List<CohortEvent> events = new ArrayList<>();
    for (Device device : cohort.devices.values()) {
      if (!device.told) {
        device.told = true;
        Object status = new StatusEvidence(device.online, 1, 0L);
        events.add(new CohortEvent(cohort.name, device.id, startMs + 1, status));
        Object attributes = new AttributeEvidence(device.attributes);
        events.add(new CohortEvent(cohort.name, device.id, startMs + 1, attributes));
      }
      DeviceCard card = cohort.cards.get(device.id);
      device.budgetVersion = card == null ? 0 : card.budget().getVersion();
      if (!device.silent) {
        events.add(new CohortEvent(cohort.name, device.id, startMs + 1000, device.report()));
      }
    }
    return events;
  }

  /** What fired, as {@code KIND key}, sorted. */
  static List<String> fired(List<Alert> alerts) {
    return alerts.stream()
        .filter(a -> a.getStatus() == AlertStatus.FIRING)
        .map(a -> a.getKind() + " " + a.getKey())
        .sorted()
        .toList();
  }

  /** Rounds until an alert fires, or -1. */
  int roundsUntilAlert(int most) {
    for (int i = 1; i <= most; i++) {
      if (!fired(run(1)).isEmpty()) {
        return i;
      }
    }
    return -1;
  }
}

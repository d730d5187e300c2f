package io.fqtfleet.programs.evaluation;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.streams.round.CohortCard;
import io.fqtfleet.streams.round.CohortRound;
import io.fqtfleet.streams.round.DeviceCard;
import io.fqtfleet.streams.round.FleetView;
import io.fqtfleet.streams.state.AttributeEvidence;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.DeviceLeft;
import io.fqtfleet.streams.state.StatusEvidence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * The production logic of a round, fed with the evidence that the production intake would send, and
 * obeyed by the devices. The only class here that calls {@code streams.round}.
 */
final class ProductionWatch implements Watch {
  /** Some round's start; the phase of nothing depends on it. */
  private static final long START_MS = 1_700_000_000_000L / 600_000 * 600_000;

  private final DriftScenario scenario;
  private final Policy policy;
  private final Function<String, SimDevice> devices;
  private final CohortCard[] cohorts;
  private final List<TreeMap<String, DeviceCard>> cards = new ArrayList<>();
  private final Map<String, Alarm> alarms = new LinkedHashMap<>();

  /** What the cohorts' last rounds say of the fleet. */
  private FleetView view = FleetView.of(List.of());

  private final LongAdder nanos = new LongAdder();
  private final LongAdder reports = new LongAdder();

  ProductionWatch(DriftScenario scenario, Policy policy, Function<String, SimDevice> devices) {
    this.scenario = scenario;
    this.policy = policy;
    this.devices = devices;
    this.cohorts = new CohortCard[scenario.cohorts()];
    for (int c = 0; c < cohorts.length; c++) {
      cohorts[c] = new CohortCard();
      cards.add(new TreeMap<>());
    }
  }

  /** By way of the stored bytes, as after a restart. */
  @Override
  public ProductionWatch fork(World world) {
    ProductionWatch copy = new ProductionWatch(world.scenario(), policy, world::device);
    for (int c = 0; c < cohorts.length; c++) {
      copy.cohorts[c] = CohortCard.of(cohorts[c].toBytes());
      for (Map.Entry<String, DeviceCard> entry : cards.get(c).entrySet()) {
        copy.cards.get(c).put(entry.getKey(), DeviceCard.of(entry.getValue().toBytes()));
      }
    }
    copy.view = view;
    return copy;
  }

  @Override
  public void round(int round, List<World.Round> fleet) {
    List<CohortRound.Outcome> outcomes = new ArrayList<>();
    for (int c = 0; c < fleet.size(); c++) {
      outcomes.add(decide(round, c, fleet.get(c)));
    }
    take(outcomes, round);
  }

  /** Cohorts may be decided by different threads. */
  CohortRound.Outcome decide(int round, int cohort, World.Round data) {
    List<CohortEvent> events = events(round, cohort, data);
    CohortRound.Closed closed =
        new CohortRound.Closed(
            name(cohort),
            endMs(round),
            DriftScenario.ROUND_MS,
            scenario.fleetDevices(),
            policy,
            view.levels(),
            view.causes());
    long began = System.nanoTime();
    CohortRound.Outcome outcome =
        CohortRound.decide(closed, cohorts[cohort], cards.get(cohort), events);
    nanos.add(System.nanoTime() - began);
    reports.add(data.arrivals().size());
    return outcome;
  }

  /** What follows from the decisions for the devices, the score and the fleet's next round. */
  void take(List<CohortRound.Outcome> outcomes, int round) {
    for (CohortRound.Outcome outcome : outcomes) {
      outcome.alerts().forEach(alert -> take(alert, round));
      outcome.budgets().forEach(this::obey);
    }
    view = FleetView.of(outcomes.stream().map(CohortRound.Outcome::health).toList());
  }

  private static String name(int cohort) {
    return "c" + cohort;
  }

  private static long endMs(int round) {
    return START_MS + (round + 1L) * DriftScenario.ROUND_MS;
  }

  private List<CohortEvent> events(int round, int cohort, World.Round data) {
    List<CohortEvent> events = new ArrayList<>();
    // Devices report when a round is over.
    long atMs = endMs(round) - 1;
    for (String gone : data.left()) {
      events.add(new CohortEvent(name(cohort), gone, atMs, new DeviceLeft()));
    }
    for (SimDevice device : data.joined()) {
      StatusEvidence status = new StatusEvidence();
      status.setOnline(true);
      status.setBootCounter(device.boot);
      status.setBudgetVersion(device.budgetVersion);
      events.add(new CohortEvent(name(cohort), device.id, atMs - 1, status));
      String firmware = "firmware=" + (device.batch ? "2.1.0" : "2.0.4");
      events.add(
          new CohortEvent(
              name(cohort), device.id, atMs - 1, new AttributeEvidence(List.of(firmware))));
    }
    for (World.Arrival arrival : data.arrivals()) {
      // Of a report that carries those before it the counting began earlier.
      long sinceMs = atMs - (long) arrival.counts().reports * DriftScenario.ROUND_MS;
      events.add(
          new CohortEvent(
              name(cohort),
              arrival.device().id,
              atMs,
              IntakeTwin.report(arrival.device(), arrival.counts(), sinceMs)));
    }
    return events;
  }

  private void obey(UpdateBudget budget) {
    SimDevice device = devices.apply(budget.getDevice());
    if (device != null) {
      device.terms = budget.getTerms();
      device.budgetVersion = budget.getVersion();
    }
  }

  private void take(Alert alert, int round) {
    if (alert.getStatus() == AlertStatus.FIRING) {
      double onset = (double) (alert.getOnsetMs() - START_MS) / DriftScenario.ROUND_MS;
      alarms.put(alert.getId(), alarm(alert, round, Math.rint(onset), false));
    } else if (alert.getStatus() == AlertStatus.INVALIDATED) {
      Alarm open = alarms.get(alert.getId());
      if (open != null) {
        alarms.put(alert.getId(), alarm(alert, open.round(), open.onset(), true));
      }
    }
  }

  private static Alarm alarm(Alert alert, int round, double onset, boolean withdrawn) {
    boolean one = alert.getScope() == AlertScope.DEVICE;
    String cohort = alert.getCohort();
    boolean known = alert.getScope() != AlertScope.FLEET && cohort.startsWith("c");
    return new Alarm(
        round,
        alert.getScope(),
        known ? Integer.parseInt(cohort.substring(1)) : -1,
        one ? alert.getKey() : "",
        alert.getKind(),
        onset,
        withdrawn);
  }

  @Override
  public List<Alarm> alarms() {
    return List.copyOf(alarms.values());
  }

  /** Time of deciding, per report. */
  double nanosPerReport() {
    return nanos.doubleValue() / reports.doubleValue();
  }

  /** What is stored per device, the mean over the fleet. */
  double bytesPerDevice() {
    return cards.stream()
        .flatMap(m -> m.values().stream())
        .mapToInt(card -> card.toBytes().length)
        .average()
        .orElse(Double.NaN);
  }
}

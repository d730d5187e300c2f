package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.CohortSignals;
import io.fqtfleet.streams.drift.CohortSignals.Member;
import io.fqtfleet.streams.drift.CohortSignals.Signals;
import io.fqtfleet.streams.drift.DeviceLane;
import io.fqtfleet.streams.drift.InputWatch.Flaw;
import io.fqtfleet.streams.drift.LogSpace;
import io.fqtfleet.streams.drift.Thresholds;
import io.fqtfleet.streams.state.CohortEvent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Decides one round: gather, test, attribute, budget.
 *
 * <p>A function of the cards, the set of evidence and the closing record alone. It changes the
 * cards that it is given.
 */
public final class CohortRound {
  /** Weight of the past, per round, in what a device's error is now. */
  private static final double MEMORY = 0.5;

  /** Samples of the cohort's round that a device's own few are filled up with. */
  private static final double PRIOR_SAMPLES = 10;

  private static final double RESIDUAL_MEMORY = 0.8;
  private static final double FLAWED_SHARE = 0.2;

  /** The record that closes a round. */
  public record Closed(String cohort, long endMs, int roundMs, long fleetDevices, Policy policy) {
    long startMs() {
      return endMs - roundMs;
    }

    long round() {
      return endMs / roundMs - 1;
    }

    /** The earliest wall time at which the decision can be made; what devices learn as time. */
    long decidableAtMs() {
      return endMs + policy.getDriftSettings().getGraceMs();
    }
  }

  /** What follows. */
  public record Outcome(
      Set<String> departed,
      List<Decision> decisions,
      List<UpdateBudget> budgets,
      List<Alert> alerts,
      CohortHealth health) {}

  final Closed closed;
  final Policy policy;
  final CohortCard cohort;
  final SortedMap<String, DeviceCard> cards;
  final List<Decision> decisions = new ArrayList<>();
  final List<UpdateBudget> budgets = new ArrayList<>();
  final List<Alert> alerts = new ArrayList<>();
  final TreeMap<String, DeviceRound> heard;
  final AlertMarks marks;

  /** What is wrong with the input signals of this round; absent = nothing. */
  final Map<String, Set<Flaw>> flaws = new TreeMap<>();

  boolean flawsShared;
  Thresholds thresholds;
  DeviceLane.Settings settings;
  Signals signals;
  double cohortEvidence;

  private CohortRound(
      Closed closed,
      CohortCard cohort,
      SortedMap<String, DeviceCard> cards,
      Collection<CohortEvent> events) {
    this.closed = closed;
    this.policy = closed.policy;
    this.cohort = cohort;
    this.cards = cards;
    this.heard = DeviceRound.merge(events);
    this.marks = new AlertMarks(this, events);
  }

  /**
   * @param cards of all devices of the cohort; devices heard of for the first time are added,
   *     departed ones removed
   */
  public static Outcome decide(
      Closed closed,
      CohortCard cohort,
      SortedMap<String, DeviceCard> cards,
      Collection<CohortEvent> events) {
    return new CohortRound(closed, cohort, cards, events).run();
  }

  private Outcome run() {
    Set<String> departed = gather();
    marks.verify();
    thresholds =
        Thresholds.of(
            policy.getDriftSettings().getFalsePagesPerFleetDay(),
            closed.roundMs,
            closed.fleetDevices,
            cards.size());
    settings =
        thresholds.lane(
            policy.getDriftSettings().getWarmupReports(),
            policy.getDriftSettings().getLagReports());
    signals = CohortSignals.of(members(), settings, thresholds.logInverseBetaCohort());
    test();
    CohortIncident incident = new CohortIncident(this);
    incident.beforeDevices();
    DeviceAttribution attribution = new DeviceAttribution(this, incident);
    for (Map.Entry<String, DeviceCard> entry : cards.entrySet()) {
      attribution.judge(entry.getKey(), entry.getValue());
    }
    incident.afterDevices();
    marks.complete();
    cohort.closedUntilMs = closed.endMs;
    return new Outcome(departed, decisions, budgets, alerts, RoundHealth.of(this));
  }

  private Set<String> gather() {
    Set<String> departed = new TreeSet<>();
    heard.forEach(
        (device, round) -> {
          if (round.left()) {
            DeviceCard gone = cards.remove(device);
            if (gone != null && gone.alert != null) {
              alerts.add(AlertMarks.ofDeparted(gone.alert, closed.endMs));
            }
            departed.add(device);
          } else {
            round.tell(cards.computeIfAbsent(device, d -> new DeviceCard()));
          }
          cohort.reportsLost += round.lost;
          cohort.reportsDropped += round.dropped;
        });
    departed.forEach(heard::remove);
    return departed;
  }

  private List<Member> members() {
    List<Member> members = new ArrayList<>();
    cards.forEach(
        (device, card) -> {
          DeviceRound round = heard.get(device);
          members.add(
              new Member(
                  device,
                  round == null ? 0 : round.errors(),
                  round == null ? 0 : round.labelled,
                  card.lane,
                  card.pastResidual,
                  card.isolated()));
        });
    return members;
  }

  /** Runs every detector on the round, after the signals were taken from the state before it. */
  private void test() {
    boolean calm = cohort.alert == null;
    cohort.lane.observe(signals.counted(), closed.startMs(), calm);
    if (!Double.isNaN(signals.current())) {
      cohort.recentErrors = MEMORY * cohort.recentErrors + signals.current() * signals.samples();
      cohort.recentSamples = MEMORY * cohort.recentSamples + signals.samples();
    }
    List<Double> logs = new ArrayList<>();
    int index = 0;
    for (Map.Entry<String, DeviceCard> entry : cards.entrySet()) {
      DeviceCard card = entry.getValue();
      DeviceRound round = heard.get(entry.getKey());
      double residual = signals.residuals()[index++];
      boolean counts = !card.isolated() && card.lane.ready(settings);
      if (round != null) {
        test(entry.getKey(), card, round, residual, calm);
      }
      if (counts) {
        logs.add(card.lane.logEvidence());
      }
    }
    double devices =
        CohortSignals.trimmedMean(logs.stream().mapToDouble(Double::doubleValue).toArray());
    cohortEvidence = LogSpace.add(devices, cohort.lane.logEvidence()) - Math.log(2);
    long reporting = heard.values().stream().filter(r -> r.reports > 0).count();
    flawsShared = flaws.size() > Math.max(1, FLAWED_SHARE * reporting);
  }

  private void test(
      String device, DeviceCard card, DeviceRound round, double residual, boolean calm) {
    long k = round.errors();
    long n = round.labelled;
    boolean learns = calm && (card.standing == Standing.STABLE || card.standing == Standing.WATCH);
    long startMs = round.sinceMs == 0 ? closed.startMs() : round.sinceMs;
    if (learns) {
      card.lane.observe(k, n, startMs, settings);
    } else {
      card.lane.testOnly(k, n, startMs, settings);
    }
    if (n > 0) {
      card.recentErrors = MEMORY * card.recentErrors + k;
      card.recentSamples = MEMORY * card.recentSamples + n;
    }
    if (!Double.isNaN(residual)) {
      double low = Math.max(-3, residual);
      card.pastResidual = RESIDUAL_MEMORY * card.pastResidual + (1 - RESIDUAL_MEMORY) * low;
    }
    Set<Flaw> found = card.input.check(round.input(), settings.warmupReports());
    if (round.reports > 0) {
      boolean impossible = found.contains(Flaw.STUCK) || found.contains(Flaw.OFFSET);
      card.flawRounds = impossible ? card.flawRounds + 1 : 0;
      if (impossible) {
        flaws.put(device, EnumSet.copyOf(found));
      }
    }
  }

  /**
   * A device's error rate now: its latest rounds; of one in a cohort's incident filled up with the
   * cohort's round, which tells more of it than its few samples. NaN if nothing is known.
   */
  double currentError(DeviceCard card) {
    boolean filled = cohort.alert != null && !card.isolated() && !Double.isNaN(signals.current());
    double errors = card.recentErrors + (filled ? PRIOR_SAMPLES * signals.current() : 0);
    double samples = card.recentSamples + (filled ? PRIOR_SAMPLES : 0);
    return samples == 0 ? Double.NaN : errors / samples;
  }

  /** Its error rate in this round alone if that says enough, else over its latest rounds. */
  double freshError(String device, DeviceCard card) {
    DeviceRound round = heard.get(device);
    return round != null && round.labelled >= PRIOR_SAMPLES
        ? (double) round.errors() / round.labelled
        : currentError(card);
  }

  /** True if the device reported labelled samples in this round. */
  boolean hasNews(String device) {
    DeviceRound round = heard.get(device);
    return round != null && round.labelled > 0;
  }
}

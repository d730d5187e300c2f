package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.DriftSignal;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.CohortSignals.Signals;
import io.fqtfleet.streams.drift.DeviceLane;
import io.fqtfleet.streams.drift.InputWatch.Flaw;
import io.fqtfleet.streams.drift.PlainMath;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.SignalLane;
import io.fqtfleet.streams.drift.Thresholds;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.SharedSuspect;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  static final double MEMORY = 0.5;

  /** The same during a trial, whose verdict needs more samples than two rounds have. */
  private static final double TRIAL_MEMORY = 0.9;

  /** Samples of the cohort's round that a device's own few are filled up with. */
  private static final double PRIOR_SAMPLES = 10;

  /** So many deviations off its own past a signal is off. */
  static final double DEVIATIONS_OFF = 2;

  /**
   * The record that closes a round.
   *
   * @param fleetLevels what the whole fleet shares of each signal's mean residual; absent = nothing
   * @param causes attributes that stand out over several cohorts
   */
  public record Closed(
      String cohort,
      long endMs,
      int roundMs,
      long fleetDevices,
      Policy policy,
      Map<Signal, Double> fleetLevels,
      List<SharedSuspect> causes) {
    /** Of a cohort that is not compared with others. */
    public Closed(String cohort, long endMs, int roundMs, long fleetDevices, Policy policy) {
      this(cohort, endMs, roundMs, fleetDevices, policy, Map.of(), List.of());
    }

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

  /**
   * What follows.
   *
   * @param rollout where it stands now; null = nothing changed
   */
  public record Outcome(
      Set<String> departed,
      List<Decision> decisions,
      List<UpdateBudget> budgets,
      List<Alert> alerts,
      CohortHealth health,
      Rollout rollout) {}

  final Closed closed;
  final Policy policy;
  final CohortCard cohort;
  final SortedMap<String, DeviceCard> cards;
  final List<Decision> decisions = new ArrayList<>();
  final List<UpdateBudget> budgets = new ArrayList<>();
  final List<Alert> alerts = new ArrayList<>();
  final TreeMap<String, DeviceRound> heard;

  /** A device of the cohort and what was heard of it in this round, null if nothing was. */
  record Member(String device, DeviceCard card, DeviceRound heard) {}

  /** All devices in the order of their ids. */
  final List<Member> members = new ArrayList<>();

  /** The same in parts. */
  Shards shards;

  final AlertMarks marks;
  final Labels labels;
  final SharedCauses causes;
  final CohortRollout rollout;

  /** What is wrong with the input signals of this round; absent = nothing. */
  final Map<String, Set<Flaw>> flaws = new TreeMap<>();

  boolean flawsShared;
  Thresholds thresholds;
  DeviceLane.Settings settings;
  DeviceLane.Settings cohortSettings;
  final boolean testsErrors;
  final ChosenDetectors chosen;

  /** The tested signals other than the labelled error. */
  final Set<Signal> others;

  Signals signals;

  /** How far the cohort's means are off their references in this round, bad is positive. */
  final EnumMap<Signal, Double> cohortResiduals = new EnumMap<>(Signal.class);

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
    this.labels = new Labels(this);
    this.causes = new SharedCauses(this);
    this.rollout = new CohortRollout(this, events);
    List<DriftSignal> tested = policy.getDriftSettings().getSignals();
    this.chosen = new ChosenDetectors(policy.getDriftSettings());
    this.testsErrors = tested.contains(DriftSignal.ERROR);
    this.others = EnumSet.noneOf(Signal.class);
    tested.stream()
        .filter(s -> s != DriftSignal.ERROR && s != DriftSignal.UNKNOWN)
        .forEach(s -> others.add(Signal.valueOf(s.name())));
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
    return decide(closed, cohort, cards, events, Shards.DEVICES);
  }

  /**
   * @param perShard devices that are done together, of no influence on what is decided
   */
  static Outcome decide(
      Closed closed,
      CohortCard cohort,
      SortedMap<String, DeviceCard> cards,
      Collection<CohortEvent> events,
      int perShard) {
    return new CohortRound(closed, cohort, cards, events).run(perShard);
  }

  private Outcome run(int perShard) {
    Set<String> departed = gather();
    shards = new Shards(members, perShard);
    marks.verify();
    thresholds =
        Thresholds.of(
            policy.getDriftSettings().getFalsePagesPerFleetDay(),
            closed.roundMs,
            closed.fleetDevices,
            cards.size(),
            policy.getDriftSettings().getSignals().size());
    cohortSettings =
        thresholds.cohortLane(
            policy.getDriftSettings().getWarmupReports(),
            policy.getDriftSettings().getLagReports());
    settings =
        thresholds.lane(
            policy.getDriftSettings().getWarmupReports(),
            policy.getDriftSettings().getLagReports());
    new Detection(this).run();
    CohortIncident incident = new CohortIncident(this);
    incident.beforeDevices();
    rollout.step();
    DeviceAttribution attribution = new DeviceAttribution(this, incident);
    for (Member member : members) {
      attribution.judge(member.device, member.card);
    }
    incident.afterDevices();
    new Conditions(this).judge();
    causes.judge();
    marks.complete();
    cohort.closedUntilMs = closed.endMs;
    return new Outcome(
        departed, decisions, budgets, alerts, RoundHealth.of(this), rollout.changed());
  }

  private Set<String> gather() {
    Set<String> departed = new TreeSet<>();
    heard.forEach(
        (device, round) -> {
          if (round.left() || round.cameBack()) {
            Optional.ofNullable(cards.remove(device)).stream()
                .flatMap(gone -> gone.openAlerts().stream())
                .forEach(alert -> alerts.add(AlertMarks.ofDeparted(alert, closed.endMs)));
          }
          if (round.left()) {
            departed.add(device);
          } else {
            round.tell(cards.computeIfAbsent(device, d -> new DeviceCard()));
          }
          cohort.reportsLost += round.lost;
          cohort.reportsDropped += round.dropped;
        });
    departed.forEach(heard::remove);
    cards.forEach((device, card) -> members.add(new Member(device, card, heard.get(device))));
    return departed;
  }

  boolean ready(DeviceCard card) {
    if (testsErrors && card.lane.ready(settings)) {
      return true;
    }
    for (Signal signal : others) {
      SignalLane lane = card.signals.get(signal);
      if (lane != null && lane.ready(settings)) {
        return true;
      }
    }
    return false;
  }

  /** ln of the average of a device's lanes. */
  double evidence(DeviceCard card) {
    return PlainMath.log(linearEvidence(card));
  }

  /** The average of a device's lanes, kept until one of them changes. */
  double linearEvidence(DeviceCard card) {
    if (Double.isNaN(card.evidence)) {
      card.evidence = average(card);
    }
    return card.evidence;
  }

  /** Half for the labelled error, half for all other signals; fixed, so that it is no choice. */
  private double average(DeviceCard card) {
    double errors = evidence(card, Signal.ERROR);
    if (others.isEmpty()) {
      return errors;
    }
    double sum = 0;
    for (Signal signal : others) {
      sum += evidence(card, signal);
    }
    double rest = sum / others.size();
    return testsErrors ? 0.5 * errors + 0.5 * rest : rest;
  }

  /** M of one signal of a device; 0 = nothing is known. */
  double evidence(DeviceCard card, Signal signal) {
    if (chosen.has(signal)) {
      // The average over all signals is over the threshold if one of them has this.
      double beyond = 4.0 * (others.size() + 1) * PlainMath.exp(settings.logThreshold());
      return chosen.evidence(card, signal, beyond);
    }
    if (signal == Signal.ERROR) {
      return card.lane.evidence();
    }
    SignalLane lane = card.signals.get(signal);
    return lane == null ? 0 : lane.evidence();
  }

  /** Deviations off a device's own reference in this round, bad is positive; NaN = not known. */
  double residual(String device, Signal signal) {
    DeviceRound round = heard.get(device);
    double residual = round == null ? Double.NaN : round.residuals.getOrDefault(signal, Double.NaN);
    return signal.bothWays() ? Math.abs(residual) : residual;
  }

  double memory(DeviceCard card) {
    return card.standing == Standing.TRIAL ? TRIAL_MEMORY : MEMORY;
  }

  /** Half of the evidence that a page needs, or in an incident or trouble of its own. */
  boolean isSuspicious(DeviceCard card) {
    boolean troubled = card.standing != Standing.STABLE && card.standing != Standing.WATCH;
    return troubled || standsOut(card);
  }

  /** Half of the evidence that a page needs, and off now. */
  boolean standsOut(DeviceCard card) {
    return ready(card) && evidence(card) >= 0.5 * settings.logThreshold() && isOff(card);
  }

  /** Something is off now; evidence lasts longer. */
  private boolean isOff(DeviceCard card) {
    double error = card.recentSamples == 0 ? Double.NaN : card.recentErrors / card.recentSamples;
    if (card.lane.ready(settings) && error > card.lane.upperError(settings)) {
      return true;
    }
    for (Signal signal : others) {
      SignalLane lane = card.signals.get(signal);
      if (lane != null && lane.lastResidual() > DEVIATIONS_OFF) {
        return true;
      }
    }
    return false;
  }

  /** Estimated moment at which what a device's incident is measured by changed. */
  long onsetMs(DeviceCard card) {
    return card.lead == Signal.ERROR ? card.lane.onsetMs() : card.signals.get(card.lead).onsetMs();
  }

  /** A device's signal other than the error with the most evidence; ERROR if none has any. */
  Signal strongest(DeviceCard card) {
    Signal best = Signal.ERROR;
    double most = 0;
    for (Signal signal : others) {
      double evidence = card.signals.containsKey(signal) ? evidence(card, signal) : 0;
      if (evidence > most) {
        best = signal;
        most = evidence;
      }
    }
    return best;
  }

  /**
   * A device's error rate now: its latest rounds; of one in a cohort's incident filled up with the
   * cohort's round, which tells more of it than its few samples. NaN if nothing is known.
   */
  double currentError(DeviceCard card) {
    if (card.lead != Signal.ERROR) {
      return Level.of(card.recentResidual);
    }
    boolean filled = cohort.alert != null && !card.isolated() && !Double.isNaN(signals.current());
    double errors = card.recentErrors + (filled ? PRIOR_SAMPLES * signals.current() : 0);
    double samples = card.recentSamples + (filled ? PRIOR_SAMPLES : 0);
    return samples == 0 ? Double.NaN : errors / samples;
  }

  /** Standard error of a device's error rate now, as its reports are weighed. */
  double standardError(DeviceCard card, double now) {
    // Weights w, w·m, w·m², ... have (1 + m) times their sum as effective number.
    double samples = card.recentSamples * (1 + memory(card));
    double variance = now * (1 - now) * card.lane.dispersion(settings) / samples;
    return samples == 0 ? Double.POSITIVE_INFINITY : Math.sqrt(variance);
  }

  /** Its error rate in this round alone if that says enough, else over its latest rounds. */
  double freshError(String device, DeviceCard card) {
    DeviceRound round = heard.get(device);
    return card.lead == Signal.ERROR && round != null && round.labelled >= PRIOR_SAMPLES
        ? (double) round.errors() / round.labelled
        : currentError(card);
  }

  /** True if the device reported what its incident is measured by in this round. */
  boolean hasNews(String device, DeviceCard card) {
    DeviceRound round = heard.get(device);
    return round != null
        && (card.lead == Signal.ERROR
            ? round.labelled > 0
            : round.residuals.containsKey(card.lead));
  }
}

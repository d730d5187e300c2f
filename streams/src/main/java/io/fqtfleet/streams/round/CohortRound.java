package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertScope;
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
   * @param health null = another shard tells it
   * @param rollout where it stands now; null = nothing changed
   * @param devices of the whole cohort from now on
   */
  public record Outcome(
      Set<String> departed,
      List<Decision> decisions,
      List<UpdateBudget> budgets,
      List<Alert> alerts,
      CohortHealth health,
      Rollout rollout,
      int devices) {}

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

  final Exchange exchange;

  /** Of the whole cohort, as are all sums from here on. */
  Roster roster;

  AlertMarks marks;
  final Labels labels;
  final SharedCauses causes;
  final DeviceErrors errors;
  CohortRollout rollout;
  private final Collection<CohortEvent> events;

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
      Collection<CohortEvent> events,
      Exchange exchange) {
    this.closed = closed;
    this.policy = closed.policy;
    this.cohort = cohort;
    this.cards = cards;
    this.heard = DeviceRound.merge(events);
    this.events = events;
    this.exchange = exchange;
    this.labels = new Labels(this);
    this.errors = new DeviceErrors(this);
    this.causes = new SharedCauses(this);
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
    return decide(closed, cohort, cards, events, Shards.DEVICES, Exchange.NONE);
  }

  /**
   * Of a shard of a cohort: its devices, the cohort's memory as all shards have it, and how it
   * learns of the other shards. What is decided on the cohort itself tells the one that speaks.
   */
  public static Outcome decide(
      Closed closed,
      CohortCard cohort,
      SortedMap<String, DeviceCard> cards,
      Collection<CohortEvent> events,
      Exchange exchange) {
    return decide(closed, cohort, cards, events, Shards.DEVICES, exchange);
  }

  /**
   * @param perShard devices that are done together, of no influence on what is decided
   */
  static Outcome decide(
      Closed closed,
      CohortCard cohort,
      SortedMap<String, DeviceCard> cards,
      Collection<CohortEvent> events,
      int perShard,
      Exchange exchange) {
    return new CohortRound(closed, cohort, cards, events, exchange).run(perShard);
  }

  private Outcome run(int perShard) {
    Set<String> departed = gather();
    shards = new Shards(members, perShard);
    marks = new AlertMarks(this, roster.verdicts());
    rollout = new CohortRollout(this, roster.orders());
    marks.verify();
    thresholds =
        Thresholds.of(
            policy.getDriftSettings().getFalsePagesPerFleetDay(),
            closed.roundMs,
            closed.fleetDevices,
            devices(),
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
    Conditions conditions = new Conditions(this);
    conditions.judge();
    causes.judge();
    marks.complete();
    CohortHealth health = RoundHealth.of(this, conditions);
    cohort.closedUntilMs = closed.endMs;
    if (!exchange.speaks()) {
      decisions.removeIf(decision -> decision.getDevice() == null);
      alerts.removeIf(alert -> alert.getScope() != AlertScope.DEVICE);
    }
    Rollout moved = exchange.speaks() ? rollout.changed() : null;
    CohortHealth told = exchange.speaks() ? health : null;
    return new Outcome(departed, decisions, budgets, alerts, told, moved, devices());
  }

  /** Of the whole cohort. */
  int devices() {
    return (int) roster.get(Roster.Count.DEVICES);
  }

  private Set<String> gather() {
    Set<String> departed = new TreeSet<>();
    Roster own = new Roster();
    own.add(events);
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
          own.add(Roster.Count.LOST, round.lost);
          own.add(Roster.Count.DROPPED, round.dropped);
        });
    departed.forEach(heard::remove);
    heard.values().forEach(own::add);
    cards.forEach((device, card) -> members.add(new Member(device, card, heard.get(device))));
    own.add(Roster.Count.DEVICES, cards.size());
    roster = exchange.sum(Summary.ROSTER, own);
    cohort.reportsLost += roster.get(Roster.Count.LOST);
    cohort.reportsDropped += roster.get(Roster.Count.DROPPED);
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
}

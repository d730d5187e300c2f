package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.CohortMoves;
import io.fqtfleet.streams.drift.CohortPool;
import io.fqtfleet.streams.drift.CohortSignals;
import io.fqtfleet.streams.drift.CohortSignals.Member;
import io.fqtfleet.streams.drift.CohortSignals.Tested;
import io.fqtfleet.streams.drift.EvidenceSum;
import io.fqtfleet.streams.drift.InputWatch.Flaw;
import io.fqtfleet.streams.drift.LogSpace;
import io.fqtfleet.streams.drift.Longs;
import io.fqtfleet.streams.drift.PlainMath;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.SignalLane;
import io.fqtfleet.streams.drift.SignalLane.Noise;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Runs every detector of a cohort on one round.
 *
 * <p>A device is compared with its own past, less what its cohort shares in this round (the
 * median); a cohort with its own past, less what the fleet shares (the median of the cohorts). A
 * device's evidence is the average of its lanes: half for the labelled error, the other half for
 * all other signals together. An average of e-detectors is one, so more signals raise no more false
 * alarms, they cost ln of their number in evidence.
 *
 * <p>What concerns the whole cohort is decided from sums over its {@link Shards} alone.
 */
final class Detection {
  private static final double RESIDUAL_MEMORY = 0.8;

  /** Weight of the past, per round, in the level of a small cohort. */
  private static final double LEVEL_MEMORY = 0.7;

  /** Up to so many devices. */
  private static final int LEVEL_DEVICES = 20;

  private static final double FLAWED_SHARE = 0.2;

  private final CohortRound round;
  private final CohortCard cohort;
  private final boolean calm;

  Detection(CohortRound round) {
    this.round = round;
    this.cohort = round.cohort;
    this.calm = cohort.alert == null;
  }

  /** The signals are taken from the state before the round, then the round is tested. */
  void run() {
    List<List<Member>> members = round.shards.map((index, shard) -> members(shard));
    Both<Suspects, CohortPool> past =
        round.exchange.sum(
            Summary.PAST,
            new Both<>(
                round.shards.sum(this::suspects, Suspects::merge, new Suspects()),
                members.stream()
                    .map(shard -> CohortSignals.pool(shard, round.settings))
                    .reduce(new CohortPool(), CohortPool::merge)));
    Predicate<CohortRound.Member> outliers = past.first().outliers(round::linearEvidence);
    List<Tested> tested =
        round.shards.map((index, shard) -> test(members.get(index), past.second()));
    Map<Signal, List<Levels>> levels = new EnumMap<>(Signal.class);
    Named<SignalMoves> signals = new Named<>();
    for (Signal signal : round.others) {
      List<Levels> parts = round.shards.map((index, shard) -> levels(signal, shard, outliers));
      levels.put(signal, parts);
      SignalMoves moves = signals.of(signal.name(), SignalMoves::new);
      parts.forEach(part -> moves.merge(part.moves));
    }
    CohortMoves errors =
        tested.stream().map(Tested::moves).reduce(new CohortMoves(), CohortMoves::merge);
    Both<CohortMoves, Named<SignalMoves>> moves =
        round.exchange.sum(Summary.MOVES, new Both<>(errors, signals));
    observeErrors(CohortSignals.of(past.second(), moves.first(), logInverseBeta()));
    round
        .shards
        .map((index, shard) -> testErrors(shard, tested.get(index).residuals()))
        .forEach(round.flaws::putAll);
    levels.forEach(
        (signal, parts) ->
            observe(signal, parts, moves.second().of(signal.name(), SignalMoves::new)));
    Both<EvidenceSum, Longs> evidence =
        round.exchange.sum(
            Summary.EVIDENCE,
            new Both<>(
                round.shards.sum(this::evidence, EvidenceSum::merge, new EvidenceSum()),
                new Longs(round.flaws.size())));
    round.cohortEvidence = cohortEvidence(evidence.first());
    long reporting = round.roster.get(Roster.Count.REPORTING);
    round.flawsShared = evidence.second().get(0) > Math.max(1, FLAWED_SHARE * reporting);
  }

  private double logInverseBeta() {
    return round.thresholds.logInverseBetaCohort();
  }

  private Tested test(List<Member> members, CohortPool pool) {
    double shared = round.closed.fleetLevels().getOrDefault(Signal.ERROR, 0.0);
    return CohortSignals.test(members, pool, round.settings, logInverseBeta(), shared);
  }

  private void observeErrors(CohortSignals.Signals now) {
    round.signals = now;
    follow(Signal.ERROR, now.level());
    cohort.lane.observe(now.counted(), now.sum(), round.closed.startMs(), calm);
    if (!Double.isNaN(now.current())) {
      double samples = now.samples();
      cohort.recentErrors = CohortRound.MEMORY * cohort.recentErrors + now.current() * samples;
      cohort.recentSamples = CohortRound.MEMORY * cohort.recentSamples + samples;
    }
  }

  private Suspects suspects(List<CohortRound.Member> shard) {
    Suspects suspects = new Suspects();
    for (CohortRound.Member member : shard) {
      DeviceCard card = member.card();
      // The policy may test other signals than in the round before.
      card.evidence = Double.NaN;
      if (member.heard() != null && member.heard().reports > 0 && !card.isolated()) {
        suspects.add(member, round.linearEvidence(card));
      }
    }
    return suspects;
  }

  private static List<Member> members(List<CohortRound.Member> shard) {
    List<Member> members = new ArrayList<>(shard.size());
    for (CohortRound.Member member : shard) {
      DeviceRound heard = member.heard();
      DeviceCard card = member.card();
      members.add(
          new Member(
              member.device(),
              heard == null ? 0 : heard.errors(),
              heard == null ? 0 : heard.labelled,
              card.lane,
              card.pastResidual,
              card.isolated()));
    }
    return members;
  }

  /** What is wrong with the input signals is returned. */
  private Map<String, Set<Flaw>> testErrors(List<CohortRound.Member> shard, double[] residuals) {
    Map<String, Set<Flaw>> flaws = new TreeMap<>();
    int index = 0;
    for (CohortRound.Member member : shard) {
      DeviceCard card = member.card();
      DeviceRound heard = member.heard();
      double residual = residuals[index++];
      if (heard == null) {
        continue;
      }
      long k = heard.errors();
      long n = heard.labelled;
      heard.learns = learns(card);
      if (heard.learns) {
        card.lane.observe(k, n, startMs(heard), round.settings);
      } else {
        card.lane.testOnly(k, n, startMs(heard), round.settings);
      }
      if (n > 0) {
        double memory = round.errors.memory(card);
        card.recentErrors = memory * card.recentErrors + k;
        card.recentSamples = memory * card.recentSamples + n;
      }
      if (!Double.isNaN(residual)) {
        heard.residuals.put(Signal.ERROR, residual);
        double low = Math.max(-3, residual);
        card.pastResidual = RESIDUAL_MEMORY * card.pastResidual + (1 - RESIDUAL_MEMORY) * low;
      }
      round.chosen.test(card, heard);
      watchInput(member.device(), card, heard, flaws);
    }
    return flaws;
  }

  private boolean learns(DeviceCard card) {
    // A cause that the fleet shares is still being looked into: it must not become the reference.
    boolean held =
        round.causes.of(card) != null || card.conditions.containsKey(AlertKind.SHARED_CAUSE);
    return calm && !held && (card.standing == Standing.STABLE || card.standing == Standing.WATCH);
  }

  private long startMs(DeviceRound heard) {
    return heard.sinceMs == 0 ? round.closed.startMs() : heard.sinceMs;
  }

  private void watchInput(
      String device, DeviceCard card, DeviceRound heard, Map<String, Set<Flaw>> flaws) {
    Set<Flaw> found = card.input.check(heard.input(), round.settings.warmupReports());
    if (heard.reports > 0) {
      boolean impossible =
          found.contains(Flaw.STUCK) || found.contains(Flaw.OFFSET) || found.contains(Flaw.NOISE);
      card.flawRounds = impossible ? card.flawRounds + 1 : 0;
      if (impossible) {
        flaws.put(device, EnumSet.copyOf(found));
      }
    }
  }

  /**
   * A signal's levels in a part of the cohort.
   *
   * @param values per device, NaN where it has none
   */
  private record Levels(double[] values, SignalMoves moves) {}

  private void observe(Signal signal, List<Levels> parts, SignalMoves moves) {
    double common = moves.common();
    round.shards.each((index, shard) -> observe(signal, shard, parts.get(index).values, common));
    if (moves.devices() >= CohortSignals.DEVICES_MIN) {
      observeCohort(signal, moves.mean());
    }
  }

  private Levels levels(
      Signal signal, List<CohortRound.Member> shard, Predicate<CohortRound.Member> outliers) {
    double[] values = new double[shard.size()];
    SignalMoves moves = new SignalMoves();
    int index = 0;
    for (CohortRound.Member member : shard) {
      DeviceRound heard = member.heard();
      double value = heard == null ? Double.NaN : heard.value(signal);
      values[index++] = value;
      SignalLane lane = member.card().signals.get(signal);
      if (Double.isNaN(value) || lane == null || !lane.ready(round.settings)) {
        continue;
      }
      double residual = lane.residual(value, round.settings);
      heard.residuals.put(signal, residual);
      if (!member.card().isolated()) {
        moves.add(residual, !outliers.test(member));
      }
    }
    return new Levels(values, moves);
  }

  private void observe(
      Signal signal, List<CohortRound.Member> shard, double[] values, double common) {
    for (int i = 0; i < values.length; i++) {
      if (!Double.isNaN(values[i])) {
        CohortRound.Member member = shard.get(i);
        member
            .card()
            .signals
            .computeIfAbsent(signal, SignalLane::new)
            .observe(
                values[i], common, startMs(member.heard()), round.settings, member.heard().learns);
      }
    }
  }

  /** Of a level of independent rounds with variance 1. */
  static double levelVariance(int devices) {
    double memory = levelMemory(devices);
    return (1 - memory) / (1 + memory);
  }

  /** A mean of many devices needs less smoothing, and so follows the fleet's day more closely. */
  private static double levelMemory(int devices) {
    return LEVEL_MEMORY * Math.sqrt(Math.min(1, (double) LEVEL_DEVICES / Math.max(1, devices)));
  }

  private void follow(Signal signal, double mean) {
    double memory = levelMemory(round.devices());
    if (!Double.isNaN(mean)) {
      cohort.levels.merge(signal, mean, (old, now) -> memory * old + (1 - memory) * now);
    }
  }

  private void observeCohort(Signal signal, double mean) {
    follow(signal, mean);
    double fleet = round.closed.fleetLevels().getOrDefault(signal, 0.0);
    SignalLane lane =
        cohort.signals.computeIfAbsent(signal, s -> new SignalLane(s, Noise.GAUSSIAN));
    // The devices' residuals have their sign already; the lane would turn it again.
    double value = signal.sign() * (mean - fleet);
    lane.observe(value, 0, round.closed.startMs(), round.cohortSettings, calm);
    if (lane.ready(round.cohortSettings)) {
      round.cohortResiduals.put(signal, lane.lastResidual());
    }
  }

  /** What an incident is measured by goes on being measured, however it began. */
  private static void followLead(DeviceCard card, DeviceRound heard) {
    if (card.lead == Signal.ERROR || heard == null || !heard.residuals.containsKey(card.lead)) {
      return;
    }
    double now = heard.residuals.get(card.lead);
    now = card.lead.bothWays() ? Math.abs(now) : now;
    card.recentResidual =
        Double.isNaN(card.recentResidual) ? now : 0.5 * card.recentResidual + 0.5 * now;
  }

  private EvidenceSum evidence(List<CohortRound.Member> shard) {
    EvidenceSum sum = new EvidenceSum();
    for (CohortRound.Member member : shard) {
      DeviceCard card = member.card();
      card.evidence = Double.NaN;
      followLead(card, member.heard());
      // What a shared cause explains says nothing of this cohort, not even after it is over.
      boolean explained = card.conditions.containsKey(AlertKind.SHARED_CAUSE);
      if (!card.isolated() && !explained && round.ready(card)) {
        sum.add(round.evidence(card));
      }
    }
    return sum;
  }

  private double cohortEvidence(EvidenceSum devices) {
    double errors =
        LogSpace.add(devices.trimmedMean(), cohort.lane.logEvidence()) - PlainMath.log(2);
    return combine(errors);
  }

  /** Halves as for a device; a cohort's error evidence is known by its logarithm. */
  private double combine(double logErrors) {
    if (round.others.isEmpty()) {
      return logErrors;
    }
    double sum = 0;
    for (Signal signal : round.others) {
      SignalLane lane = cohort.signals.get(signal);
      sum += lane == null ? 0 : lane.evidence();
    }
    double rest = PlainMath.log(sum / round.others.size());
    return round.testsErrors ? LogSpace.add(logErrors, rest) - PlainMath.log(2) : rest;
  }
}

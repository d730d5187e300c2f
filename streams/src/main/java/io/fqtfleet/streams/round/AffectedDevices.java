package io.fqtfleet.streams.round;

import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.CohortSignals;
import io.fqtfleet.streams.drift.Histogram;
import io.fqtfleet.streams.drift.KtBound;
import io.fqtfleet.streams.drift.Longs;
import io.fqtfleet.streams.drift.Signal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The devices of a cohort that stand out together: more of them than may be broken by chance are
 * one incident, not one each, and that incident is followed by them alone, because in the mean of
 * the cohort they hardly show.
 */
final class AffectedDevices {
  /** A trial that began at most so many rounds ago may be of the same cause. */
  private static final int TRIAL_ROUNDS_MAX = 8;

  /** A rise of the error that is told from the chance of a few samples. */
  private static final double RISE_MIN = 0.1;

  /** Errors and samples are summed in these parts of one. */
  private static final double UNITS = 1 << 20;

  private final CohortRound round;
  private final List<CohortRound.Member> suspects;
  private final Set<String> names = new HashSet<>();

  /** Of all shards. */
  private final Standouts all;

  AffectedDevices(CohortRound round) {
    this.round = round;
    this.suspects = round.members.stream().filter(m -> isSuspect(m.card())).toList();
    Standouts own = new Standouts();
    for (CohortRound.Member member : suspects) {
      names.add(member.device());
      add(member, own);
    }
    round.cards.values().stream().filter(this::alarmsAlone).forEach(card -> own.addAlarming());
    this.all = round.exchange.sum(Summary.STANDOUTS, own);
  }

  private void add(CohortRound.Member member, Standouts own) {
    DeviceCard card = member.card();
    boolean errs = errs(card);
    Signal other = round.strongest(card);
    own.add(member, round.evidence(card), alarms(card), errs, other);
    double dispersion = card.lane.dispersion(round.settings);
    Signal lead = errs ? Signal.ERROR : other;
    own.addReference(
        card.lane.referenceErrors() / dispersion,
        card.lane.referenceSamples() / dispersion,
        lead == Signal.ERROR ? card.lane.onsetMs() : card.signals.get(lead).onsetMs());
  }

  /** Half of the evidence that a page needs and off in this round, or on trial since lately. */
  private boolean isSuspect(DeviceCard card) {
    if (card.standing == Standing.TRIAL) {
      return card.rounds <= TRIAL_ROUNDS_MAX;
    }
    return card.standing != Standing.FAULT && card.flawRounds == 0 && round.standsOut(card);
  }

  /** It may be called by itself in this round. */
  private boolean alarmsAlone(DeviceCard card) {
    boolean quiet = card.standing == Standing.STABLE || card.standing == Standing.WATCH;
    return quiet && round.ready(card) && round.evidence(card) >= round.settings.logThreshold();
  }

  private boolean alarms(DeviceCard card) {
    return card.standing == Standing.TRIAL || round.evidence(card) >= round.settings.logThreshold();
  }

  /** One of them is beyond doubt, and they are more than the share that may be broken. */
  boolean areSeveral() {
    return all.suspects() > Math.max(1, CohortSignals.trimmed(round.devices())) && all.anySure();
  }

  /** A device of the cohort is over its own threshold and not yet judged. */
  boolean anyAlarming() {
    return all.anyAlarming();
  }

  boolean include(String device) {
    return names.contains(device);
  }

  boolean includeOthersThan(String device) {
    return all.suspects() > (names.contains(device) ? 1 : 0);
  }

  /** What most of them are measured by. */
  Signal lead() {
    return all.lead();
  }

  private boolean errs(DeviceCard card) {
    double sure =
        Math.max(card.lane.upperError(round.settings), card.lane.referenceError() + RISE_MIN);
    return card.lane.ready(round.settings)
        && (card.lane.logEvidence() >= round.settings.logThreshold() / 4
            || round.errors.current(card) > sure);
  }

  /** Pooled error rate of their references, or its upper bound. */
  double reference(boolean bound) {
    return bound
        ? KtBound.upper(all.errors(), all.samples(), round.thresholds.logInverseBetaCohort())
        : all.errors() / all.samples();
  }

  /** ln of the most evidence that one of them has; of nobody ln 0. */
  double logEvidence() {
    return all.logEvidence();
  }

  /** The earliest moment at which one of them is thought to have changed. */
  long onsetMs() {
    return all.onsetMs();
  }

  /** The typical device of the cohort has moved in a signal, not just some. */
  boolean isTypical(Signal lead) {
    Histogram residuals =
        round.exchange.sum(
            Summary.DENSE,
            round.shards.sum(
                shard -> residuals(shard, lead), Histogram::merge, SignalMoves.histogram()));
    double mean = residuals.sum() / residuals.count();
    return mean > 0 && residuals.median() >= 0.5 * mean;
  }

  private Histogram residuals(List<CohortRound.Member> shard, Signal lead) {
    Histogram residuals = SignalMoves.histogram();
    for (CohortRound.Member member : shard) {
      double residual = round.residual(member.device(), lead);
      if (!Double.isNaN(residual)) {
        residuals.add(residual);
      }
    }
    return residuals;
  }

  /**
   * How bad those are that the open incident is about, over their latest rounds.
   *
   * @param opening nobody joined yet: the suspects will
   * @param none what holds if there is nobody left
   */
  double level(Signal lead, boolean opening, double none) {
    Longs own = new Longs(0, 0);
    for (CohortRound.Member member : opening ? suspects : round.members) {
      DeviceCard card = member.card();
      boolean takesPart = card.standing == Standing.DRIFT || card.standing == Standing.RECOVERING;
      if (!opening && (!takesPart || card.alert != null)) {
        continue;
      }
      if (lead == Signal.ERROR) {
        own.add(0, Math.round(card.recentErrors * UNITS));
        own.add(1, Math.round(card.recentSamples * UNITS));
      } else {
        double residual = round.residual(member.device(), lead);
        own.add(0, Double.isNaN(residual) ? 0 : Math.round(Level.of(residual) * UNITS));
        own.add(1, Double.isNaN(residual) ? 0 : Math.round(UNITS));
      }
    }
    Longs level = round.exchange.sum(Summary.LEVEL, own);
    return level.get(1) == 0 ? none : (double) level.get(0) / level.get(1);
  }
}

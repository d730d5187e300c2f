package io.fqtfleet.streams.round;

import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.CohortSignals;
import io.fqtfleet.streams.drift.KtBound;
import io.fqtfleet.streams.drift.LogSpace;
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

  private final CohortRound round;
  private final List<CohortRound.Member> suspects;
  private final Set<String> names = new HashSet<>();

  AffectedDevices(CohortRound round) {
    this.round = round;
    this.suspects = round.members.stream().filter(m -> isSuspect(m.card())).toList();
    suspects.forEach(m -> names.add(m.device()));
  }

  /** Half of the evidence that a page needs and off in this round, or on trial since lately. */
  private boolean isSuspect(DeviceCard card) {
    if (card.standing == Standing.TRIAL) {
      return card.rounds <= TRIAL_ROUNDS_MAX;
    }
    return card.standing != Standing.FAULT && card.flawRounds == 0 && round.standsOut(card);
  }

  private boolean alarms(DeviceCard card) {
    return card.standing == Standing.TRIAL || round.evidence(card) >= round.settings.logThreshold();
  }

  /** One of them is beyond doubt, and they are more than the share that may be broken. */
  boolean areSeveral() {
    return suspects.size() > Math.max(1, CohortSignals.trimmed(round.members.size()))
        && suspects.stream().anyMatch(m -> alarms(m.card()));
  }

  boolean include(String device) {
    return names.contains(device);
  }

  boolean includeOthersThan(String device) {
    return names.size() > (names.contains(device) ? 1 : 0);
  }

  /** What most of them are measured by. */
  Signal lead() {
    long errors = suspects.stream().filter(m -> errs(m.card())).count();
    return 2 * errors >= suspects.size() ? Signal.ERROR : round.strongest(suspects.get(0).card());
  }

  private boolean errs(DeviceCard card) {
    double sure =
        Math.max(card.lane.upperError(round.settings), card.lane.referenceError() + RISE_MIN);
    return card.lane.ready(round.settings)
        && (card.lane.logEvidence() >= round.settings.logThreshold() / 4
            || round.currentError(card) > sure);
  }

  /** Pooled error rate of their references, or its upper bound. */
  double reference(boolean bound) {
    double errors = 0;
    double samples = 0;
    for (CohortRound.Member member : suspects) {
      double dispersion = member.card().lane.dispersion(round.settings);
      errors += member.card().lane.referenceErrors() / dispersion;
      samples += member.card().lane.referenceSamples() / dispersion;
    }
    return bound
        ? KtBound.upper(errors, samples, round.thresholds.logInverseBetaCohort())
        : errors / samples;
  }

  /** ln of the most evidence that one of them has; of nobody ln 0. */
  double logEvidence() {
    return suspects.stream().mapToDouble(m -> round.evidence(m.card())).max().orElse(LogSpace.ZERO);
  }

  /** The earliest moment at which one of them is thought to have changed. */
  long onsetMs() {
    long first = Long.MAX_VALUE;
    for (CohortRound.Member member : suspects) {
      DeviceCard card = member.card();
      Signal lead = errs(card) ? Signal.ERROR : round.strongest(card);
      long onset = lead == Signal.ERROR ? card.lane.onsetMs() : card.signals.get(lead).onsetMs();
      first = Math.min(first, onset);
    }
    return first;
  }

  /**
   * How bad those are that the open incident is about, over their latest rounds.
   *
   * @param opening nobody joined yet: the suspects will
   * @param none what holds if there is nobody left
   */
  double level(Signal lead, boolean opening, double none) {
    double sum = 0;
    double weight = 0;
    for (CohortRound.Member member : opening ? suspects : round.members) {
      DeviceCard card = member.card();
      boolean takesPart = card.standing == Standing.DRIFT || card.standing == Standing.RECOVERING;
      if (!opening && (!takesPart || card.alert != null)) {
        continue;
      }
      if (lead == Signal.ERROR) {
        sum += card.recentErrors;
        weight += card.recentSamples;
      } else {
        double residual = round.residual(member.device(), lead);
        sum += Double.isNaN(residual) ? 0 : Level.of(residual);
        weight += Double.isNaN(residual) ? 0 : 1;
      }
    }
    return weight == 0 ? none : sum / weight;
  }
}

package io.fqtfleet.streams.rollout;

import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.RolloutPlan;
import io.fqtfleet.streams.rollout.Participant.Obedience;
import java.util.List;
import java.util.Locale;

/**
 * Judges a stage: do its devices run the new terms, and what does that cost?
 *
 * <p>The accuracy lost is a difference of differences: errors of the exposed devices beyond what
 * their own past lets expect, less the same of the others in the same rounds. So a world that
 * changes for all while the rollout runs is not taken for its doing.
 */
final class Gate {
  /**
   * Standard errors that a loss must exceed its limit by to be beyond chance: a stage is looked at
   * in each of its rounds, so the bound is wide. Empirical.
   */
  private static final double SURE = 3;

  /** Samples of the others below which they are nobody to compare with. */
  private static final int OTHERS_MIN = 50;

  private final Rollout.Builder state;
  private final RolloutPlan plan;
  private final List<Participant> participants;

  Gate(Rollout.Builder state, RolloutPlan plan, List<Participant> participants) {
    this.state = state;
    this.plan = plan;
    this.participants = participants;
  }

  /** Counts who obeys. */
  void count() {
    int applied = 0;
    int pending = 0;
    int failed = 0;
    int exposed = 0;
    for (Participant p : participants) {
      exposed += p.exposed() ? 1 : 0;
      if (p.exposed() && p.online()) {
        applied += p.obedience() == Obedience.APPLIED ? 1 : 0;
        pending += p.obedience() == Obedience.PENDING ? 1 : 0;
        failed += p.obedience() == Obedience.FAILED ? 1 : 0;
      }
    }
    state.setExposed(exposed);
    state.setApplied(applied);
    state.setPending(pending);
    state.setFailed(failed);
  }

  /** Adds the round's errors to those of the stage. */
  void measure() {
    for (Participant p : participants) {
      if (!p.isMeasured()) {
        continue;
      }
      double expected = p.samples() * p.usualError();
      if (!p.exposed()) {
        state.setOtherSamples(state.getOtherSamples() + p.samples());
        state.setOtherErrors(state.getOtherErrors() + p.errors());
        state.setOtherErrorsExpected(state.getOtherErrorsExpected() + expected);
      } else if (p.obedience() == Obedience.APPLIED) {
        state.setSamples(state.getSamples() + p.samples());
        state.setErrors(state.getErrors() + p.errors());
        state.setErrorsExpected(state.getErrorsExpected() + expected);
      }
    }
    state.setAccuracyLoss(state.getSamples() == 0 ? null : (Double) loss());
    state.setAccuracyLossSure(state.getSamples() == 0 ? null : (Double) sureLoss());
  }

  boolean hasOthers() {
    return state.getOtherSamples() >= OTHERS_MIN;
  }

  private double loss() {
    double own = (state.getErrors() - state.getErrorsExpected()) / state.getSamples();
    double others =
        hasOthers()
            ? (state.getOtherErrors() - state.getOtherErrorsExpected()) / state.getOtherSamples()
            : 0;
    return own - others;
  }

  private double sureLoss() {
    return loss() - SURE * standardError();
  }

  private double standardError() {
    double variance =
        variance(state.getErrors(), state.getErrorsExpected(), state.getSamples())
            + usualVariance(true);
    if (hasOthers()) {
      variance +=
          variance(state.getOtherErrors(), state.getOtherErrorsExpected(), state.getOtherSamples())
              + usualVariance(false);
    }
    return Math.sqrt(variance);
  }

  /** Of a share of errors; the greater of what was seen and expected, one error never taken off. */
  private double variance(long errors, double expected, long samples) {
    double share = Math.min(0.5, (Math.max(errors, expected) + 1) / (samples + 2));
    return share * (1 - share) * dispersion() / samples;
  }

  /** What is not known of the past, of all devices of one side together. */
  private double usualVariance(boolean exposed) {
    double sum = 0;
    int count = 0;
    for (Participant p : participants) {
      if (p.exposed() == exposed && !Double.isNaN(p.usualError())) {
        sum += p.usualVariance();
        count++;
      }
    }
    return count == 0 ? 0 : sum / ((double) count * count);
  }

  private double dispersion() {
    return participants.stream()
        .mapToDouble(Participant::dispersion)
        .filter(d -> d >= 1)
        .average()
        .orElse(1);
  }

  private double limit() {
    return plan.getAccuracyLossPermille() / 1000.0;
  }

  boolean losesAccuracy() {
    return state.getSamples() > 0 && sureLoss() > limit();
  }

  /** The loss is within its limit as far as can be told. */
  boolean keepsAccuracy() {
    boolean enough = state.getSamples() >= plan.getMinSamples();
    return enough && (state.getSamples() == 0 || loss() <= limit());
  }

  boolean disobeyed() {
    return 1000L * state.getFailed() > (long) plan.getFailurePermille() * online();
  }

  /** Enough devices run the new terms for the stage to be watched. */
  boolean applied() {
    return online() > 0
        && 1000L * state.getApplied() >= (long) plan.getSuccessPermille() * online();
  }

  private int online() {
    return state.getApplied() + state.getPending() + state.getFailed();
  }

  String obedience() {
    return "%d of %d online devices run the new terms, %d refused, ignored or reverted them"
        .formatted(state.getApplied(), online(), state.getFailed());
  }

  String accuracy() {
    if (state.getSamples() == 0) {
      return "no labelled samples under the new terms yet";
    }
    return String.format(
        Locale.ROOT,
        "error %.1f %% of %d samples against %.1f %% expected%s: accuracy %s by %.1f points, limit"
            + " %.1f",
        100.0 * state.getErrors() / state.getSamples(),
        state.getSamples(),
        100 * state.getErrorsExpected() / state.getSamples(),
        others(),
        loss() > 0 ? "fell" : "rose",
        100 * Math.abs(loss()),
        100 * limit());
  }

  private String others() {
    if (!hasOthers()) {
      return "";
    }
    double share = (double) state.getOtherErrors() / state.getOtherSamples();
    double expected = state.getOtherErrorsExpected() / state.getOtherSamples();
    return String.format(
        Locale.ROOT, ", others %.1f %% against %.1f %%", 100 * share, 100 * expected);
  }

  /** The evidence is half the square of the standard errors beyond the limit. */
  AlertEvidence evidence() {
    boolean none = state.getSamples() == 0;
    double beyond = none ? 0 : Math.max(0, (loss() - limit()) / standardError());
    return AlertEvidence.newBuilder()
        .setStatistic("rollout/accuracy-loss")
        .setLogEvidence(beyond * beyond / 2)
        .setLogThreshold(SURE * SURE / 2)
        .setImpliedFalseAlarmsPerDay(0)
        .setBoundIsEmpirical(true)
        .setBaseline(none ? 0 : state.getErrorsExpected() / state.getSamples())
        .setCurrent(none ? 0 : (double) state.getErrors() / state.getSamples())
        .setSamples(state.getSamples())
        .setDispersion(dispersion())
        .build();
  }
}

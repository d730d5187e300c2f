package io.fqtfleet.streams.rollout;

import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.RolloutPlan;
import io.fqtfleet.streams.rollout.Crowd.Sum;
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
  private final Crowd crowd;

  Gate(Rollout.Builder state, RolloutPlan plan, Crowd crowd) {
    this.state = state;
    this.plan = plan;
    this.crowd = crowd;
  }

  /** Counts who obeys. */
  void count() {
    state.setExposed((int) crowd.get(Sum.EXPOSED));
    state.setApplied((int) crowd.get(Sum.APPLIED));
    state.setPending((int) crowd.get(Sum.PENDING));
    state.setFailed((int) crowd.get(Sum.FAILED));
  }

  /** Adds the round's errors to those of the stage. */
  void measure() {
    state.setOtherSamples(state.getOtherSamples() + crowd.get(Sum.OTHER_SAMPLES));
    state.setOtherErrors(state.getOtherErrors() + crowd.get(Sum.OTHER_ERRORS));
    state.setOtherErrorsExpected(state.getOtherErrorsExpected() + crowd.real(Sum.OTHER_EXPECTED));
    state.setSamples(state.getSamples() + crowd.get(Sum.SAMPLES));
    state.setErrors(state.getErrors() + crowd.get(Sum.ERRORS));
    state.setErrorsExpected(state.getErrorsExpected() + crowd.real(Sum.EXPECTED));
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
    double count = crowd.get(exposed ? Sum.KNOWN : Sum.OTHER_KNOWN);
    double sum = crowd.real(exposed ? Sum.VARIANCE : Sum.OTHER_VARIANCE);
    return count == 0 ? 0 : sum / (count * count);
  }

  private double dispersion() {
    long count = crowd.get(Sum.DISPERSED);
    return count == 0 ? 1 : crowd.real(Sum.DISPERSION) / count;
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

package io.fqtfleet.streams.alerting;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.Verdict;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.schemas.WireException.Reason;

/**
 * What becomes of a verdict and of an alert that has one.
 *
 * <p>An open alert belongs to its cohort, so the cohort is told and writes the alert. A closed one
 * nobody else writes any more, so the desk adds the verdict. Where both happen at once, the closed
 * alert comes by without the verdict, and the desk adds it then: each verdict is written once.
 */
public final class FeedbackDesk {
  private static final int AUTHOR_MAX = 100;
  private static final int COMMENT_MAX = 500;

  /**
   * @param tellCohort the alert is open: its cohort must know
   * @param rewritten the closed alert with its verdict, or null if there is nothing to write
   */
  public record Outcome(boolean tellCohort, Alert rewritten) {
    static final Outcome NOTHING = new Outcome(false, null);
  }

  private FeedbackDesk() {}

  public static boolean isOpen(Alert alert) {
    return alert.getStatus() == AlertStatus.FIRING || alert.getStatus() == AlertStatus.UPDATED;
  }

  /** True if the verdict ends an open incident. */
  public static boolean refutes(AlertFeedback feedback) {
    return feedback.getVerdict() != Verdict.TRUE_POSITIVE;
  }

  /**
   * @param key of the record
   * @throws WireException OUT_OF_RANGE with the field, the rule and the remedy
   */
  public static void check(String key, AlertFeedback feedback) throws WireException {
    if (!feedback.getAlertId().equals(key)) {
      throw new WireException(
          Reason.OUT_OF_RANGE,
          "alertId: '%s' is not the record's key '%s'; send it again with the alert's id as key"
              .formatted(feedback.getAlertId(), key));
    }
    if (feedback.getVerdict() == Verdict.UNKNOWN) {
      throw new WireException(
          Reason.OUT_OF_RANGE,
          "verdict: UNKNOWN is none; send TRUE_POSITIVE, FALSE_POSITIVE or BENIGN");
    }
    length("author", feedback.getAuthor(), 1, AUTHOR_MAX);
    length("comment", feedback.getComment(), 0, COMMENT_MAX);
  }

  private static void length(String field, String value, int min, int max) throws WireException {
    int length = value.strip().length();
    if (length < min || value.length() > max) {
      throw new WireException(
          Reason.OUT_OF_RANGE,
          "%s: %d characters are not %d..%d; send it again".formatted(field, length, min, max));
    }
  }

  /**
   * @param known the alert's last state, or null
   * @param before the verdict that stands, or null
   * @throws WireException UNKNOWN_ALERT
   */
  public static Outcome onFeedback(Alert known, AlertFeedback before, AlertFeedback feedback)
      throws WireException {
    if (known == null) {
      throw new WireException(
          Reason.UNKNOWN_ALERT,
          "no alert '%s' was ever raised; take the id from the list of alerts"
              .formatted(feedback.getAlertId()));
    }
    if (feedback.equals(before)) {
      return Outcome.NOTHING;
    }
    return isOpen(known) ? new Outcome(true, null) : onAlert(known, feedback);
  }

  /**
   * @param given the verdict that stands, or null
   */
  public static Outcome onAlert(Alert alert, AlertFeedback given) {
    if (isOpen(alert) || given == null || given.equals(alert.getVerification())) {
      return Outcome.NOTHING;
    }
    Alert rewritten =
        Alert.newBuilder(alert)
            .setVerification(given)
            .setUpdatedAtMs(Math.max(alert.getUpdatedAtMs(), given.getGivenAtMs()))
            .build();
    return new Outcome(false, rewritten);
  }
}

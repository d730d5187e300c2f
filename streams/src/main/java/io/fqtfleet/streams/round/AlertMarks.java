package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.Silence;
import io.fqtfleet.schemas.Verdict;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * What operators put onto alerts: verdicts, which come as evidence, and the policy's silences.
 * Every state of an alert that leaves the round carries both.
 */
final class AlertMarks {
  private static final WireCodec<AlertFeedback> FEEDBACK = WireCodec.of(AlertFeedback.class);

  /** The last verdict counts; the rest of the order only makes it one whatever comes first. */
  private static final Comparator<AlertFeedback> LAST =
      Comparator.comparingLong(AlertFeedback::getGivenAtMs)
          .thenComparing(AlertFeedback::getVerdict)
          .thenComparing(AlertFeedback::getAuthor)
          .thenComparing(AlertFeedback::getComment);

  private final CohortRound round;
  private final Map<String, AlertFeedback> verdicts = new HashMap<>();
  private final Set<String> marked = new HashSet<>();

  /**
   * @param feedback single-object encoded verdicts of this round
   */
  AlertMarks(CohortRound round, List<byte[]> feedback) {
    this.round = round;
    for (byte[] bytes : feedback) {
      AlertFeedback verdict = read(bytes);
      verdicts.merge(verdict.getAlertId(), verdict, (a, b) -> LAST.compare(a, b) >= 0 ? a : b);
    }
  }

  private static AlertFeedback read(byte[] bytes) {
    try {
      return FEEDBACK.decode(bytes);
    } catch (WireException e) {
      throw new IllegalStateException("the desk has read this feedback once already", e);
    }
  }

  /** A verdict of this round that ends the incident, or null. */
  AlertFeedback refutation(Alert alert) {
    AlertFeedback verdict = alert == null ? null : verdicts.get(alert.getId());
    return verdict == null || verdict.getVerdict() == Verdict.TRUE_POSITIVE ? null : verdict;
  }

  /** How an incident ends that an operator refutes: nothing changed, or the change is welcome. */
  static AlertStatus endOf(AlertFeedback refutation) {
    return refutation.getVerdict() == Verdict.FALSE_POSITIVE
        ? AlertStatus.INVALIDATED
        : AlertStatus.RESOLVED;
  }

  /** The last state of an alert whose device is no longer here to be judged. */
  static Alert ofDeparted(Alert alert, long endMs) {
    return Alert.newBuilder(alert)
        .setStatus(AlertStatus.RESOLVED)
        .setUpdatedAtMs(endMs)
        .setResolvedAtMs(endMs)
        .setSentence(Sentences.departed(alert.getKey(), alert.getCohort()))
        .build();
  }

  /** Before anything is decided: verdicts of this round go onto the open alerts. */
  void verify() {
    forEachOpen(
        alert -> {
          AlertFeedback verdict = verdicts.get(alert.getId());
          if (verdict == null || verdict.equals(alert.getVerification())) {
            return alert;
          }
          marked.add(alert.getId());
          return Alert.newBuilder(alert).setVerification(verdict).build();
        });
  }

  /** After all is decided: silences, and a word on open alerts whose marks changed. */
  void complete() {
    Set<String> said = new HashSet<>();
    round.alerts.replaceAll(
        alert -> {
          said.add(alert.getId());
          return told(silenced(alert));
        });
    forEachOpen(
        alert -> {
          Alert now = silenced(alert);
          boolean changed = now != alert || marked.contains(alert.getId());
          if (changed && !said.contains(alert.getId())) {
            now =
                Alert.newBuilder(now)
                    .setStatus(AlertStatus.UPDATED)
                    .setUpdatedAtMs(round.closed.endMs())
                    .build();
            round.alerts.add(told(now));
          }
          return now;
        });
  }

  private Alert silenced(Alert alert) {
    Silence silence = silenceOf(alert);
    boolean same =
        silence == null ? alert.getSilencedBy() == null : silence.equals(alert.getSilencedBy());
    return same ? alert : Alert.newBuilder(alert).setSilencedBy(silence).build();
  }

  private Silence silenceOf(Alert alert) {
    for (Silence silence : round.policy.getSilences()) {
      boolean here =
          silence.getCohort().isEmpty() || silence.getCohort().equals(round.closed.cohort());
      boolean kind = silence.getKind() == null || silence.getKind() == alert.getKind();
      if (here && kind && round.closed.endMs() < silence.getUntilMs()) {
        return silence;
      }
    }
    return null;
  }

  /** Only what leaves the round says it in words: the card's sentence may outlive the silence. */
  private static Alert told(Alert alert) {
    Silence silence = alert.getSilencedBy();
    return silence == null
        ? alert
        : Alert.newBuilder(alert)
            .setSentence(alert.getSentence() + " " + Sentences.silenced(silence))
            .build();
  }

  private void forEachOpen(UnaryOperator<Alert> change) {
    if (round.cohort.alert != null) {
      round.cohort.alert = change.apply(round.cohort.alert);
    }
    forEachOpen(round.cohort.conditions.values(), change);
    forEachOpen(round.cohort.shared.values(), change);
    for (DeviceCard card : round.cards.values()) {
      if (card.alert != null) {
        card.alert = change.apply(card.alert);
      }
      forEachOpen(card.conditions.values(), change);
    }
  }

  private static void forEachOpen(Collection<Condition> conditions, UnaryOperator<Alert> change) {
    for (Condition condition : conditions) {
      if (condition.alert != null) {
        condition.alert = change.apply(condition.alert);
      }
    }
  }
}

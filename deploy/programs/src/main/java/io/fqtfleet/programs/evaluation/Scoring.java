package io.fqtfleet.programs.evaluation;

import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Scores one run of one method. The definitions, frozen here:
 *
 * <ul>
 *   <li><b>Alarm</b>: the opening of an incident. That it goes on or ends is none.
 *   <li><b>Hit</b>: an alarm that touches a change (its device, its cohort, or the fleet) in a
 *       round from the change's onset to its end plus the scenario's {@code withinRounds}; of one
 *       change the first only.
 *   <li><b>Repeat</b>: a further alarm that touches the change in that time; neither true nor
 *       false.
 *   <li><b>False</b>: every other alarm, also one that was withdrawn later.
 *   <li><b>Delay</b>: changed rounds up to and with the one whose end raised the hit; 1 is the
 *       least.
 *   <li><b>Onset error</b>: estimated first round minus the true one, of hits with an estimate.
 *   <li><b>Verdict</b> on a change: of the alarms that touch it in its time and were not withdrawn,
 *       those of the widest scope, and of these the last one's kind; NONE without any. So a trial
 *       that ends in DEVICE_FAULT counts as DEVICE_FAULT, and a cohort's alarm because of one
 *       device counts as wrong.
 *   <li><b>Verdict</b> on a quiet cohort, one without any change in the whole run: NONE, or the
 *       kind of its first alarm.
 * </ul>
 */
final class Scoring {
  /** The kind of a change that was not raised, and of what ought not to be. */
  static final String NONE = "NONE";

  /**
   * @param delay rounds, -1 = missed
   * @param onsetError rounds, NaN = no estimate
   * @param alarms hit and repeats
   */
  record Judged(Truth truth, int delay, double onsetError, int alarms, String verdict) {}

  /**
   * @param falseAlarms in order
   * @param quietVerdicts per cohort without a change
   */
  record Score(List<Judged> truths, List<Alarm> falseAlarms, List<String> quietVerdicts) {}

  private Scoring() {}

  static Score of(DriftScenario scenario, List<Truth> truths, List<Alarm> alarms) {
    List<Judged> judged = new ArrayList<>();
    for (Truth truth : truths) {
      judged.add(judge(truth, alarms));
    }
    List<Alarm> wrong =
        alarms.stream()
            .filter(a -> truths.stream().noneMatch(t -> t.covers(a.round()) && t.isTouchedBy(a)))
            .toList();
    List<String> quiet = new ArrayList<>();
    for (int c = 0; c < scenario.cohorts(); c++) {
      if (isQuiet(scenario, c)) {
        quiet.add(firstKind(c, alarms));
      }
    }
    return new Score(judged, wrong, quiet);
  }

  private static Judged judge(Truth truth, List<Alarm> alarms) {
    List<Alarm> touching =
        alarms.stream()
            .filter(a -> truth.covers(a.round()) && truth.isTouchedBy(a))
            .sorted(Comparator.comparingInt(Alarm::round))
            .toList();
    if (touching.isEmpty()) {
      return new Judged(truth, -1, Double.NaN, 0, NONE);
    }
    Alarm hit = touching.get(0);
    double onsetError = hit.onset() < 0 ? Double.NaN : hit.onset() - truth.onset();
    return new Judged(
        truth, hit.round() - truth.onset() + 1, onsetError, touching.size(), verdict(touching));
  }

  private static String verdict(List<Alarm> touching) {
    AlertKind kind = null;
    AlertScope widest = AlertScope.DEVICE;
    for (Alarm alarm : touching) {
      if (!alarm.withdrawn() && (kind == null || alarm.scope().compareTo(widest) >= 0)) {
        kind = alarm.kind();
        widest = alarm.scope();
      }
    }
    return kind == null ? NONE : kind.name();
  }

  private static boolean isQuiet(DriftScenario scenario, int cohort) {
    return scenario.changes().stream().noneMatch(c -> cohort < c.cohorts());
  }

  private static String firstKind(int cohort, List<Alarm> alarms) {
    return alarms.stream()
        .filter(a -> a.cohort() == cohort || a.cohort() == -1)
        .map(a -> a.kind().name())
        .findFirst()
        .orElse(NONE);
  }
}

package io.fqtfleet.programs.evaluation;

import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import java.util.Set;

/**
 * A change that ought to be raised.
 *
 * @param cohort of it, -1 = the whole fleet
 * @param onset first round of it
 * @param end first round without it
 * @param until an alarm in or before this round is a hit
 * @param devices affected ones
 */
record Truth(
    AlertKind kind,
    AlertScope scope,
    int cohort,
    int onset,
    int end,
    int until,
    Set<String> devices) {

  /** Whether the alarm speaks of something that this change moved. */
  boolean isTouchedBy(Alarm alarm) {
    return switch (alarm.scope()) {
      case DEVICE -> devices.contains(alarm.device());
      case COHORT -> cohort == -1 || cohort == alarm.cohort();
      case FLEET -> true;
    };
  }

  boolean covers(int round) {
    return round >= onset && round <= until;
  }
}

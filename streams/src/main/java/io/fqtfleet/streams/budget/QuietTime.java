package io.fqtfleet.streams.budget;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.QuietHours;

/** Whether a moment lies in a policy's quiet hours. */
public final class QuietTime {
  private static final long MINUTE_MS = 60_000;
  private static final long DAY_MINUTES = 24 * 60;

  private QuietTime() {}

  /**
   * @param atMs event time, Unix epoch: days begin at midnight UTC
   */
  public static boolean holds(Policy policy, long atMs) {
    long minute = Math.floorMod(Math.floorDiv(atMs, MINUTE_MS), DAY_MINUTES);
    for (QuietHours hours : policy.getQuietHours()) {
      boolean afterFrom = minute >= hours.getFromMinute();
      boolean beforeTo = minute < hours.getToMinute();
      boolean overMidnight = hours.getToMinute() < hours.getFromMinute();
      if (overMidnight ? afterFrom || beforeTo : afterFrom && beforeTo) {
        return true;
      }
    }
    return false;
  }
}

package io.fqtfleet.sim.fleet;

import java.time.Duration;
import java.util.Objects;

/**
 * What a run must show; what is left out is measured, not judged.
 *
 * @param lost reports that the MQTT broker acknowledged and Kafka does not hold, at most
 * @param duplicated reports that Kafka holds twice, at most
 * @param outOfOrder reports behind a younger one of their device and boot, at most
 * @param missed reports whose time passed while the line had no room, at most
 * @param publishToAckP99 99th percentile from the intended send to the broker's acknowledgement
 * @param reportToKafkaP99 99th percentile from the intended send until it is readable in Kafka
 * @param driftToAlert longest time from a drift to its cohort's first alert
 * @param driftToApplied longest time from a drift to a drift budget applied by 95 % of those
 *     devices of the cohort that were sent one
 * @param falseAlerts alerts about cohorts and devices to which nothing was done, at most
 * @param onLastBudget every device has acknowledged the last budget that was sent to it
 * @param accuracy share of right windows in the last fifth of the run, each cohort, at least
 */
public record ExpectSpec(
    Long lost,
    Long duplicated,
    Long outOfOrder,
    Long missed,
    Duration publishToAckP99,
    Duration reportToKafkaP99,
    Duration driftToAlert,
    Duration driftToApplied,
    Long falseAlerts,
    Boolean onLastBudget,
    Double accuracy) {
  public ExpectSpec {
    new Checks()
        .that(atLeastZero(lost), "lost = %s is not 0 or more", lost)
        .that(atLeastZero(duplicated), "duplicated = %s is not 0 or more", duplicated)
        .that(atLeastZero(outOfOrder), "outOfOrder = %s is not 0 or more", outOfOrder)
        .that(atLeastZero(missed), "missed = %s is not 0 or more", missed)
        .that(atLeastZero(falseAlerts), "falseAlerts = %s is not 0 or more", falseAlerts)
        .that(positive(publishToAckP99), "publishToAckP99 = %s is not above 0", publishToAckP99)
        .that(positive(reportToKafkaP99), "reportToKafkaP99 = %s is not above 0", reportToKafkaP99)
        .that(positive(driftToAlert), "driftToAlert = %s is not above 0", driftToAlert)
        .that(positive(driftToApplied), "driftToApplied = %s is not above 0", driftToApplied)
        .range("accuracy", Objects.requireNonNullElse(accuracy, 0.0), 0, 1)
        .done();
  }

  private static boolean atLeastZero(Long value) {
    return value == null || value >= 0;
  }

  private static boolean positive(Duration value) {
    return value == null || !value.isNegative() && !value.isZero();
  }

  static ExpectSpec nothing() {
    return new ExpectSpec(null, null, null, null, null, null, null, null, null, null, null);
  }
}

package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.streams.budget.Standing;
import java.util.List;

/**
 * What a person may see of a device's card.
 *
 * @param appliedVersion budget version that its last report named; -1 = no report yet
 * @param refusal why it refused the last budget; empty = it did not
 * @param errorRate of the latest rounds; NaN without labelled samples
 * @param logEvidence of its detectors together
 * @param lossShare of its latest reports, lost on the way
 * @param budget issued last; null = none
 * @param alerts open ones of its own
 * @param attributes name=value
 */
public record DeviceView(
    boolean online,
    Standing standing,
    long appliedVersion,
    String refusal,
    double errorRate,
    double logEvidence,
    int silentRounds,
    double lossShare,
    UpdateBudget budget,
    List<Alert> alerts,
    List<String> attributes) {

  /** The view of a stored card. */
  public static DeviceView of(byte[] stored) {
    DeviceCard card = DeviceCard.of(stored);
    double reports = card.recentReports + card.recentLost;
    return new DeviceView(
        card.online,
        card.standing,
        card.appliedVersion,
        card.refused ? card.refusal : "",
        card.recentSamples == 0 ? Double.NaN : card.recentErrors / card.recentSamples,
        card.lane.logEvidence(),
        card.silentRounds,
        reports == 0 ? 0 : card.recentLost / reports,
        card.budget,
        card.openAlerts(),
        card.attributes);
  }
}

package io.fqtfleet.programs.faults;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What one fault did. The names are those of the JSON.
 *
 * @param fault name of the scenario
 * @param sent different reports that devices gave to the MQTT broker
 * @param acked of those, acknowledged by the broker
 * @param inKafka of those sent, found in Kafka
 * @param lost acknowledged, but not in Kafka
 * @param duplicated records in Kafka beyond the first of a report
 * @param outOfOrder first occurrences that came after a later one of the same device and boot
 * @param recoverySeconds from the end of the fault until all acknowledged before is in Kafka and
 *     every device has a newer report there; negative = not within the limit
 * @param samplesLost of the devices' counters, not in their last report in Kafka
 * @param budgetsWritten into Kafka
 * @param budgetsWrong devices that were not left with exactly their last version, or whose deleted
 *     budget still stands
 * @param committedEarly budgets committed while the MQTT broker could not have acknowledged them
 * @param brokerKept the MQTT broker kept what it had acknowledged: nothing may be lost
 * @param gapNotAlerted reports were lost and no TELEMETRY_LOSS was raised, where that is promised
 * @param remark what else was seen
 * @param failed why it could not be run to its end; null if it was
 * @param skipped why it was not run; null if it was
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record FaultRow(
    @JsonProperty String fault,
    @JsonProperty String broker,
    @JsonProperty long sent,
    @JsonProperty long acked,
    @JsonProperty long inKafka,
    @JsonProperty long lost,
    @JsonProperty long duplicated,
    @JsonProperty long outOfOrder,
    @JsonProperty double recoverySeconds,
    @JsonProperty long samplesLost,
    @JsonProperty long budgetsWritten,
    @JsonProperty long budgetsWrong,
    @JsonProperty long committedEarly,
    @JsonProperty boolean brokerKept,
    @JsonProperty boolean gapNotAlerted,
    @JsonProperty String remark,
    @JsonProperty String failed,
    @JsonProperty String skipped) {
  static final String HEADER =
      "%-22s %-9s %7s %7s %7s %5s %6s %6s %8s %7s %8s %6s %6s"
          .formatted(
              "fault",
              "broker",
              "sent",
              "acked",
              "inKafka",
              "lost",
              "dupl.",
              "order",
              "recov. s",
              "samples",
              "budgets",
              "wrong",
              "early");

  static FaultRow skipped(String fault, String broker, String reason) {
    return nothing(fault, broker, null, reason);
  }

  static FaultRow failed(String fault, String broker, String reason) {
    return nothing(fault, broker, reason, null);
  }

  private static FaultRow nothing(String fault, String broker, String failed, String skipped) {
    return new FaultRow(
        fault, broker, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, true, false, "", failed, skipped);
  }

  /** What breaks the promise; empty = kept. */
  List<String> broken() {
    List<String> broken = new ArrayList<>();
    if (skipped != null) {
      return broken;
    }
    if (failed != null) {
      return List.of("not run to its end: " + failed);
    }
    require(broken, acked == sent, "the broker has not acknowledged " + (sent - acked));
    require(broken, !brokerKept || lost == 0, lost + " reports lost");
    require(broken, !brokerKept || outOfOrder == 0, outOfOrder + " reports out of order");
    require(broken, samplesLost == 0, samplesLost + " samples lost");
    require(broken, budgetsWrong == 0, budgetsWrong + " devices without their last budget");
    require(broken, committedEarly == 0, committedEarly + " budgets committed before PUBACK");
    require(broken, !gapNotAlerted, "the gap raised no TELEMETRY_LOSS");
    require(broken, recoverySeconds >= 0, "not recovered");
    return broken;
  }

  private static void require(List<String> broken, boolean holds, String words) {
    if (!holds) {
      broken.add(words);
    }
  }

  String line() {
    if (skipped != null) {
      return "%-22s %-9s SKIPPED: %s".formatted(fault, broker, skipped);
    }
    if (failed != null) {
      return "%-22s %-9s FAILED".formatted(fault, broker);
    }
    return String.format(
            Locale.ROOT,
            "%-22s %-9s %7d %7d %7d %5d %6d %6d %8.1f %7d %8d %6d %6d  %s",
            fault,
            broker,
            sent,
            acked,
            inKafka,
            lost,
            duplicated,
            outOfOrder,
            recoverySeconds,
            samplesLost,
            budgetsWritten,
            budgetsWrong,
            committedEarly,
            remark)
        .stripTrailing();
  }
}

package io.fqtfleet.schemas;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;

/** Which record the values of each Kafka topic are, and the fingerprint of them all. */
public final class Contract {
  private Contract() {}

  /**
   * By topic. Of the others, {@link Topics#SESSIONS} is empty, {@link Topics#EVIDENCE} is streams'
   * own and {@link Topics#DEAD_LETTERS} holds what came, whatever it is.
   */
  public static Map<String, Class<? extends SpecificRecord>> records() {
    Map<String, Class<? extends SpecificRecord>> records = new LinkedHashMap<>();
    records.put(Topics.REPORTS, TrainingReport.class);
    records.put(Topics.STATUS, DeviceStatus.class);
    records.put(Topics.ACKS, BudgetAck.class);
    records.put(Topics.BUDGETS, UpdateBudget.class);
    records.put(Topics.DEVICES, DeviceRegistration.class);
    records.put(Topics.POLICIES, Policy.class);
    records.put(Topics.ALERTS, Alert.class);
    records.put(Topics.FEEDBACK, AlertFeedback.class);
    records.put(Topics.COHORTS, CohortHealth.class);
    records.put(Topics.DECISIONS, Decision.class);
    records.put(Topics.ROLLOUTS, Rollout.class);
    records.put(Topics.ROLLOUT_COMMANDS, RolloutCommand.class);
    return records;
  }

  /** Programs of the same one write the same messages: 16 hex digits over all schemas. */
  public static String fingerprint() {
    long all = 0;
    for (Class<? extends SpecificRecord> type : records().values()) {
      all = 31 * all + WireCodec.of(type).fingerprint();
    }
    return HexFormat.of().toHexDigits(all);
  }

  /** Version of this build; "unpacked" if it runs from folders of classes. */
  public static String version() {
    String version = Contract.class.getPackage().getImplementationVersion();
    return version == null ? "unpacked" : version;
  }

  /** What the metric of a service's build says in its labels. */
  public static Map<String, String> buildLabels() {
    return Map.of(
        "contract", fingerprint(), "java", Runtime.version().toString(), "version", version());
  }
}

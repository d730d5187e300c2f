package io.fqtfleet.streams.topology;

/** Names of stores, nodes and the one topic that is ours alone. */
public final class Names {
  public static final String INTAKE_STORE = "intake-cards";
  public static final String COHORT_STORE = "cohort-cards";
  public static final String DEVICE_STORE = "device-cards";
  public static final String PENDING_STORE = "pending-evidence";
  public static final String OPEN_STORE = "open-rounds";
  public static final String POLICY_VERSION_STORE = "policy-versions";
  public static final String POLICY_STORE = "policies-in-force";
  public static final String LEVEL_STORE = "fleet-levels";
  public static final String ALERT_STORE = "known-alerts";
  public static final String FEEDBACK_STORE = "given-feedback";

  static final String TO_EVIDENCE = "to-evidence";
  static final String RETIRED_BUDGETS = "retired-budgets";
  static final String RETIRED_STATUS = "retired-status";
  static final String TO_MARKERS = "to-markers";
  static final String TO_BUDGETS = "to-budgets";
  static final String TO_DECISIONS = "to-decisions";
  static final String TO_ALERTS = "to-alerts";
  static final String TO_COHORTS = "to-cohorts";
  static final String TO_ROLLOUTS = "to-rollouts";
  static final String ROLLOUTS_TO_EVIDENCE = "rollout-orders-to-evidence";
  static final String ROLLOUTS_DEAD = "rollout-dead-letters";
  static final String TO_ADOPTED = "to-adopted-policies";
  static final String FEEDBACK_TO_EVIDENCE = "feedback-to-evidence";
  static final String FEEDBACK_TO_ALERTS = "feedback-to-alerts";
  static final String FEEDBACK_DEAD = "feedback-dead-letters";
  static final String INTAKE_DEAD = "intake-dead-letters";
  static final String POLICY_DEAD = "policy-dead-letters";
  static final String COHORT_DEAD = "cohort-dead-letters";

  private Names() {}

  /** Valid policies, compacted: what the global store is filled from. */
  public static String adoptedPolicies(String applicationId) {
    return applicationId + "-adopted-policies";
  }
}

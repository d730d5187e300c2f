package io.fqtfleet.gateway.ops;

/**
 * Every metric of the gateway's own: {@code /metrics} tells no other, and the README's table is
 * made of them ({@link MetricReference}).
 */
public enum Metric {
  READY(
      Kind.GAUGE,
      "fqt_gateway_ready",
      "0 or 1",
      "",
      "1 if every session and partition of this gateway is served"),
  BUILD(
      Kind.GAUGE,
      "fqt_gateway_build",
      "1",
      "contract, java, version",
      "What runs: the contract is the fingerprint of all message schemas"),
  RECEIVED(
      Kind.COUNTER,
      "fqt_gateway_received_total",
      "messages",
      "session",
      "Messages from the broker"),
  FORWARDED(
      Kind.COUNTER,
      "fqt_gateway_forwarded_total",
      "messages",
      "kind, session",
      "Messages that Kafka confirmed and MQTT got acknowledged"),
  DEAD_LETTERED(
      Kind.COUNTER,
      "fqt_gateway_dead_lettered_total",
      "messages",
      "reason, session",
      "Messages put into the dead letters, by reason"),
  RETURNED(
      Kind.COUNTER,
      "fqt_gateway_returned_total",
      "messages",
      "session",
      "Messages handed back to the broker when a connection ended; it delivers them again"),
  IN_FLIGHT(
      Kind.GAUGE,
      "fqt_gateway_in_flight",
      "messages",
      "session",
      "Messages received and not yet acknowledged; received = forwarded +"
          + " dead-lettered + returned + in flight"),
  CONFIRM(
      Kind.HISTOGRAM,
      "fqt_gateway_confirm_seconds",
      "seconds",
      "session",
      "From receipt to the acknowledgement after Kafka confirmed"),
  SESSION_OWNED(
      Kind.GAUGE,
      "fqt_gateway_session_owned",
      "0 or 1",
      "session",
      "1 if this gateway owns the session"),
  SESSION_SERVING(
      Kind.GAUGE,
      "fqt_gateway_session_serving",
      "0 or 1",
      "session",
      "1 if the session is connected and subscribed"),
  CONNECTS(
      Kind.COUNTER, "fqt_gateway_connects_total", "connections", "session", "Connections made"),
  SESSIONS_CREATED(
      Kind.COUNTER,
      "fqt_gateway_sessions_new_total",
      "connections",
      "session",
      "Connections that found no session at the broker; more than one means"
          + " messages were lost"),
  TAKEN_OVER(
      Kind.COUNTER,
      "fqt_gateway_taken_over_total",
      "connections",
      "session",
      "Connections that another client of the same id took over"),
  PROPERTIES_LEFT_OUT(
      Kind.COUNTER,
      "fqt_gateway_properties_left_out_total",
      "properties",
      "",
      "MQTT 5 properties beyond the limits; their messages went on without them"),
  EXPIRING(
      Kind.COUNTER,
      "fqt_gateway_expiring_total",
      "messages",
      "",
      "Messages with an expiry interval: brokers drop such ones unseen when it ends"),
  EXPIRED(
      Kind.COUNTER,
      "fqt_gateway_expired_total",
      "messages",
      "",
      "Messages that came when their expiry interval had ended; they went on all the same"),
  BUDGETS_PUBLISHED(
      Kind.COUNTER,
      "fqt_gateway_budgets_published_total",
      "budgets",
      "partition",
      "Budgets that the broker acknowledged"),
  BUDGETS_DELETED(
      Kind.COUNTER,
      "fqt_gateway_budgets_deleted_total",
      "budgets",
      "partition",
      "Retained budgets deleted"),
  BUDGETS_REPEATED(
      Kind.COUNTER,
      "fqt_gateway_budgets_repeated_total",
      "budgets",
      "partition",
      "Budgets read again after a connection ended"),
  BUDGETS_IN_FLIGHT(
      Kind.GAUGE,
      "fqt_gateway_budgets_in_flight",
      "budgets",
      "partition",
      "Budgets that await the broker's acknowledgement"),
  BUDGETS_DEAD_LETTERED(
      Kind.COUNTER,
      "fqt_gateway_budgets_dead_lettered_total",
      "budgets",
      "partition, reason",
      "Budgets that cannot be delivered, by reason"),
  BUDGET_HEADERS_LEFT_OUT(
      Kind.COUNTER,
      "fqt_gateway_budget_headers_left_out_total",
      "headers",
      "partition",
      "Kafka headers of budgets that cannot be MQTT 5 properties"),
  BUDGETS_SIGNED(
      Kind.COUNTER,
      "fqt_gateway_budgets_signed_total",
      "budgets",
      "key_id",
      "Budgets signed, by the key's id: an id that rises no more is no longer in use"),
  BUDGETS_SIGNED_AGAIN(
      Kind.COUNTER,
      "fqt_gateway_budgets_signed_again_total",
      "budgets",
      "partition",
      "Budgets published once more with another key of the device"),
  KEY_REFUSALS(
      Kind.COUNTER,
      "fqt_gateway_key_refusals_total",
      "budgets",
      "",
      "Budgets that devices refused because of the key"),
  KEYS_EXHAUSTED(
      Kind.COUNTER,
      "fqt_gateway_keys_exhausted_total",
      "devices",
      "",
      "Times that a device had refused every key it may hold"),
  KEY_FILE_STALE(
      Kind.GAUGE,
      "fqt_gateway_key_file_stale",
      "0 or 1",
      "",
      "1 if keys.deviceKeyFile has changed and is wrong; the keys before are in use"),
  PRODUCER_FAILURES(
      Kind.COUNTER,
      "fqt_gateway_producer_failures_total",
      "producers",
      "",
      "Kafka producers replaced after a record was not taken"),
  BROKER_DROPPED(
      Kind.GAUGE,
      "fqt_gateway_broker_dropped_messages",
      "messages",
      "",
      "Messages that the broker says it dropped for its own limits since its start");

  /** As Prometheus knows them. */
  enum Kind {
    COUNTER,
    GAUGE,
    HISTOGRAM
  }

  final Kind kind;
  final String exposed;
  final String unit;

  /** Names of its labels, sorted, or empty. */
  final String labels;

  final String meaning;

  Metric(Kind kind, String exposed, String unit, String labels, String meaning) {
    this.kind = kind;
    this.exposed = exposed;
    this.unit = unit;
    this.labels = labels;
    this.meaning = meaning;
  }

  /** The name without what the text format adds to a counter's. */
  String base() {
    return exposed.replaceAll("_total$", "");
  }
}

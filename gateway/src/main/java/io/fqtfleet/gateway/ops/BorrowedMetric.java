package io.fqtfleet.gateway.ops;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/** Metrics that Micrometer's binders tell of the process and of Kafka's clients; no others do. */
enum BorrowedMetric {
  HEAP(
      "jvm.memory.used",
      "jvm_memory_used_bytes",
      "bytes",
      "area, id",
      "Memory of the JVM in use, garbage included"),
  HEAP_MAX(
      "jvm.memory.max",
      "jvm_memory_max_bytes",
      "bytes",
      "area, id",
      "Memory that the JVM may use; -1: no limit of its own"),
  PAUSES(
      "jvm.gc.pause",
      "jvm_gc_pause_seconds",
      "seconds",
      "action, cause, gc",
      "Pauses for garbage, from the first one on"),
  THREADS(
      "jvm.threads.live", "jvm_threads_live_threads", "threads", "", "Live threads of the process"),
  CPU(
      "process.cpu.usage",
      "process_cpu_usage",
      "0..1",
      "",
      "Share of the machine's processors in use by the process"),
  FILES("process.files.open", "process_files_open_files", "files", "", "Open files and sockets"),
  FILES_MAX(
      "process.files.max",
      "process_files_max_files",
      "files",
      "",
      "Files and sockets that may be open"),
  UPTIME("process.uptime", "process_uptime_seconds", "seconds", "", "Since the start"),
  SENT(
      "kafka.producer.record.send.total",
      "kafka_producer_record_send_total",
      "records",
      "Kafka's own",
      "Records given to Kafka by a producer"),
  SEND_ERRORS(
      "kafka.producer.record.error.total",
      "kafka_producer_record_error_total",
      "records",
      "Kafka's own",
      "Records that Kafka did not take"),
  SEND_LATENCY(
      "kafka.producer.request.latency.avg",
      "kafka_producer_request_latency_avg",
      "milliseconds",
      "Kafka's own",
      "Mean time until Kafka answered a producer"),
  READ(
      "kafka.consumer.fetch.manager.records.consumed.total",
      "kafka_consumer_fetch_manager_records_consumed_total",
      "records",
      "Kafka's own",
      "Records read by a consumer"),
  LAG(
      "kafka.consumer.fetch.manager.records.lag.max",
      "kafka_consumer_fetch_manager_records_lag_max",
      "records",
      "Kafka's own",
      "Records that a consumer has not read yet, in its slowest partition"),
  REBALANCES(
      "kafka.consumer.coordinator.rebalance.total",
      "kafka_consumer_coordinator_rebalance_total",
      "rebalances",
      "Kafka's own",
      "Times that a consumer's group shared its partitions anew");

  private static final Set<String> NAMES =
      Arrays.stream(values()).map(metric -> metric.meter).collect(Collectors.toSet());

  /** Micrometer's name. */
  final String meter;

  /** Prometheus' name. */
  final String exposed;

  final String unit;
  final String labels;
  final String meaning;

  BorrowedMetric(String meter, String exposed, String unit, String labels, String meaning) {
    this.meter = meter;
    this.exposed = exposed;
    this.unit = unit;
    this.labels = labels;
    this.meaning = meaning;
  }

  /** As Prometheus knows it. */
  String kind() {
    return exposed.endsWith("_total") ? "counter" : this == PAUSES ? "summary" : "gauge";
  }

  static boolean has(String meter) {
    return NAMES.contains(meter);
  }
}

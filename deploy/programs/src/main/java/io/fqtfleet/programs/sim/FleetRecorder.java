package io.fqtfleet.programs.sim;

import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.sim.trace.Recording;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Turns what a real fleet reported into a recording and a scenario that replays it. */
public final class FleetRecorder {
  private static final Duration POLL = Duration.ofMillis(500);
  private static final long INTERVAL_MIN_MS = 100;
  private static final long INTERVAL_MAX_MS = 86_400_000;

  private final WireCodec<DeviceStatus> statuses = WireCodec.of(DeviceStatus.class);
  private final WireCodec<TrainingReport> reports = WireCodec.of(TrainingReport.class);
  private final Map<String, String> cohorts = new HashMap<>();

  /** What one cohort left. */
  private static final class Found {
    private final Set<String> devices = new TreeSet<>();
    private final Map<String, TrainingReport> last = new HashMap<>();
    private long longestMs;
    private long gapsMs;
    private long gaps;

    void add(TrainingReport report) {
      devices.add(report.getDevice());
      TrainingReport before = last.put(report.getDevice(), report);
      longestMs = Math.max(longestMs, report.getUptimeMs());
      boolean follows =
          before != null
              && before.getBootNonce() == report.getBootNonce()
              && before.getSequence() + 1 == report.getSequence();
      if (follows) {
        gapsMs += report.getUptimeMs() - before.getUptimeMs();
        gaps++;
      }
    }

    long intervalMs() {
      long mean = gaps == 0 ? 2000 : gapsMs / gaps;
      return Math.min(INTERVAL_MAX_MS, Math.max(INTERVAL_MIN_MS, mean));
    }
  }

  /** Where messages come from. */
  public interface Source {
    void statuses(Consumer<byte[]> visitor) throws IOException;

    /** Of each device in the order in which it sent them. */
    void reports(Consumer<byte[]> visitor) throws IOException;
  }

  /**
   * What a fleet's Kafka holds.
   *
   * @param perPartition reports that are read at most, the last ones
   */
  public static Source kafka(SimTarget target, long perPartition) {
    return new Source() {
      @Override
      public void statuses(Consumer<byte[]> visitor) {
        read(target, Topics.STATUS, Long.MAX_VALUE, visitor);
      }

      @Override
      public void reports(Consumer<byte[]> visitor) {
        read(target, Topics.REPORTS, perPartition, visitor);
      }
    };
  }

  /**
   * Writes both files.
   *
   * @param name their path without ending
   * @return a sentence about what was written
   * @throws IllegalStateException if there is nothing to record, or Kafka cannot be read
   */
  public String record(Path name, Source source) throws IOException {
    Path recording = name.resolveSibling(name.getFileName() + ".fqr");
    Path scenario = name.resolveSibling(name.getFileName() + ".yaml");
    Map<String, Found> found = new TreeMap<>();
    long[] written = new long[2];
    source.statuses(this::addStatus);
    try (Recording.Writer writer = new Recording.Writer(recording)) {
      source.reports(
          message -> {
            written[0] += add(message, found, writer);
            written[1]++;
          });
    }
    if (found.isEmpty()) {
      Files.delete(recording);
      throw new IllegalStateException(
          "there is no report of a device whose status is known, among %d; nothing was recorded"
              .formatted(written[1]));
    }
    Files.writeString(scenario, yaml(name.getFileName().toString(), found));
    return "%d reports of %d cohorts: %s replays %s"
        .formatted(written[0], found.size(), scenario, recording);
  }

  private static void read(SimTarget target, String topic, long last, Consumer<byte[]> visitor) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            target.consumer(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
      partitions.forEach(
          p ->
              consumer.seek(p, Math.max(begins.get(p), ends.get(p) - Math.min(last, ends.get(p)))));
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          if (record.value() != null) {
            visitor.accept(record.value());
          }
        }
      }
    } catch (KafkaException e) {
      throw new IllegalStateException(
          "Kafka at %s cannot be read (%s); start it, or correct --kafka and --kafka-properties"
              .formatted(target.bootstrapServers(), e.getMessage()),
          e);
    }
  }

  private void addStatus(byte[] value) {
    try {
      DeviceStatus status = statuses.decode(value);
      cohorts.put(status.getDevice(), status.getCohort());
    } catch (WireException e) {
      throw new IllegalStateException(Topics.STATUS + " holds what this version cannot read", e);
    }
  }

  private long add(byte[] value, Map<String, Found> found, Recording.Writer writer) {
    try {
      TrainingReport report = reports.decode(value);
      String cohort = cohorts.get(report.getDevice());
      if (cohort == null) {
        return 0;
      }
      writer.add(cohort, value);
      found.computeIfAbsent(cohort, c -> new Found()).add(report);
      return 1;
    } catch (WireException e) {
      throw new IllegalStateException(Topics.REPORTS + " holds what this version cannot read", e);
    } catch (IOException e) {
      throw new UncheckedIOException("the recording cannot be written", e);
    }
  }

  private static String yaml(String name, Map<String, Found> found) {
    long longestMs = found.values().stream().mapToLong(f -> f.longestMs).max().orElse(0);
    StringBuilder out = new StringBuilder();
    out.append("# What a real fleet reported; raise the numbers of devices to rehearse growth.\n");
    out.append("name: ").append(name).append('\n');
    out.append("duration: %ds%n%n".formatted(Math.min(3600, Math.max(10, longestMs / 1000))));
    out.append("# Unused: a recording has its own world.\ndomains: {recorded: {}}\n\ncohorts:\n");
    found.forEach(
        (cohort, f) ->
            out.append(
                ("  - {name: %s, devices: %d, domain: recorded, fidelity: trace,%n"
                        + "     reportInterval: %dms, recording: %s.fqr}%n")
                    .formatted(cohort, f.devices.size(), f.intervalMs(), name)));
    return out.append("\nexpect: {lost: 0, duplicated: 0, outOfOrder: 0}\n").toString();
  }
}

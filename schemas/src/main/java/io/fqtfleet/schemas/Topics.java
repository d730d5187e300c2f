package io.fqtfleet.schemas;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/** Every MQTT and Kafka topic name, once. */
public final class Topics {
  /** Shards of the device id space; fixed by the protocol. */
  public static final int SHARDS = 64;

  public static final Pattern DEVICE_ID = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  public static final Pattern COHORT = Pattern.compile("[A-Za-z0-9_-]{1,32}");

  /** The cohort key of the policy that holds for every cohort without one of its own. */
  public static final String ANY_COHORT = "*";

  public static final String REPORTS = "fqt.reports.v1";
  public static final String STATUS = "fqt.status.v1";
  public static final String ACKS = "fqt.acks.v1";
  public static final String BUDGETS = "fqt.budgets.v1";
  public static final String DEVICES = "fqt.devices.v1";
  public static final String POLICIES = "fqt.policies.v1";
  public static final String EVIDENCE = "fqt.evidence.v1";
  public static final String ALERTS = "fqt.alerts.v1";
  public static final String FEEDBACK = "fqt.feedback.v1";
  public static final String COHORTS = "fqt.cohorts.v1";
  public static final String DECISIONS = "fqt.decisions.v1";
  public static final String ROLLOUTS = "fqt.rollouts.v1";
  public static final String ROLLOUT_COMMANDS = "fqt.rollout-commands.v1";
  public static final String DEAD_LETTERS = "fqt.dead-letters.v1";
  public static final String SESSIONS = "fqt.sessions.v1";

  private static final String UP = "fqt/v1/up/";
  private static final String DRAIN_MARK = "drain";
  private static final String DOWN = "fqt/v1/down/";
  private static final long DAY_MS = 86_400_000L;

  private Topics() {}

  /** How a Kafka topic is created. */
  public record Spec(String name, int partitions, Map<String, String> settings) {}

  /**
   * All Kafka topics with their settings.
   *
   * @param partitions of every keyed topic, so that they are co-partitioned
   * @param sessions partitions of {@link #SESSIONS}: the number of the gateway's MQTT sessions
   */
  public static List<Spec> kafka(int partitions, int sessions) {
    Map<String, String> compacted = Map.of("cleanup.policy", "compact");
    Map<String, String> forEver = Map.of("cleanup.policy", "delete", "retention.ms", "-1");
    Map<String, String> week =
        Map.of("cleanup.policy", "delete", "retention.ms", Long.toString(7 * DAY_MS));
    Map<String, String> quarter =
        Map.of("cleanup.policy", "delete", "retention.ms", Long.toString(90 * DAY_MS));
    return List.of(
        new Spec(REPORTS, partitions, week),
        new Spec(STATUS, partitions, compacted),
        new Spec(ACKS, partitions, week),
        new Spec(BUDGETS, partitions, compacted),
        new Spec(DEVICES, partitions, compacted),
        new Spec(POLICIES, 1, forEver),
        new Spec(EVIDENCE, partitions, week),
        new Spec(ALERTS, partitions, compacted),
        new Spec(FEEDBACK, partitions, forEver),
        new Spec(COHORTS, partitions, compacted),
        new Spec(DECISIONS, partitions, quarter),
        new Spec(ROLLOUTS, partitions, compacted),
        new Spec(ROLLOUT_COMMANDS, partitions, quarter),
        new Spec(DEAD_LETTERS, partitions, quarter),
        new Spec(SESSIONS, sessions, compacted));
  }

  /** The shard of a device: CRC-32 (IEEE) of the id's ASCII bytes modulo {@value #SHARDS}. */
  public static int shard(String device) {
    CRC32 crc = new CRC32();
    crc.update(device.getBytes(StandardCharsets.US_ASCII));
    return (int) (crc.getValue() % SHARDS);
  }

  /** What a device publishes; the last level of its topic. */
  public enum Uplink {
    REPORT(Topics.REPORTS),
    STATUS(Topics.STATUS),
    ACK(Topics.ACKS);

    private final String kafkaTopic;

    Uplink(String kafkaTopic) {
      this.kafkaTopic = kafkaTopic;
    }

    /** Where the gateway puts it. */
    public String kafkaTopic() {
      return kafkaTopic;
    }

    String level() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** {@code fqt/v1/up/{shard}/{device}/{kind}}. */
  public static String up(String device, Uplink kind) {
    return UP + shardAndDevice(device) + "/" + kind.level();
  }

  /** {@code fqt/v1/down/{shard}/{device}/budget}. */
  public static String budget(String device) {
    return DOWN + shardAndDevice(device) + "/budget";
  }

  /** The filter of the budgets of all devices of one shard. */
  public static String budgetFilter(int shard) {
    return upFilter(shard).replace(UP, DOWN).replace("#", "+/budget");
  }

  /** The filter of all that the devices of one shard publish. */
  public static String upFilter(int shard) {
    if (shard < 0 || shard >= SHARDS) {
      throw new IllegalArgumentException("shard " + shard + " is not in 0.." + (SHARDS - 1));
    }
    return UP + twoDigits(shard) + "/#";
  }

  /**
   * Where {@code gateway drain} marks a place in a shard's queue. It matches the shard's filter,
   * and no device's topic can be equal to it.
   */
  public static String drainMark(int shard) {
    String filter = upFilter(shard);
    return filter.substring(0, filter.length() - 1) + DRAIN_MARK;
  }

  /** The shard of a {@link #drainMark}; empty for all other topics. */
  public static OptionalInt shardOfDrainMark(String topic) {
    for (int shard = 0; topic.endsWith("/" + DRAIN_MARK) && shard < SHARDS; shard++) {
      if (topic.equals(drainMark(shard))) {
        return OptionalInt.of(shard);
      }
    }
    return OptionalInt.empty();
  }

  /** An uplink topic taken apart. */
  public record UpTopic(String device, Uplink kind) {}

  /**
   * Takes an uplink topic apart.
   *
   * @throws IllegalArgumentException with the rule that the topic breaks
   */
  public static UpTopic parseUp(String topic) {
    String[] levels = topic.split("/", -1);
    if (!topic.startsWith(UP) || levels.length != 6) {
      throw new IllegalArgumentException(
          "topic '" + topic + "' is not " + UP + "{shard}/{device}/{report|status|ack}");
    }
    String device = checkDevice(levels[4]);
    if (!levels[3].equals(twoDigits(shard(device)))) {
      throw new IllegalArgumentException(
          "topic '%s': device %s belongs to shard %s, not %s"
              .formatted(topic, device, twoDigits(shard(device)), levels[3]));
    }
    for (Uplink kind : Uplink.values()) {
      if (kind.level().equals(levels[5])) {
        return new UpTopic(device, kind);
      }
    }
    throw new IllegalArgumentException(
        "topic '" + topic + "' ends in '" + levels[5] + "'; report, status or ack is allowed");
  }

  /**
   * Returns the id if it is one.
   *
   * @throws IllegalArgumentException with the value and the rule
   */
  public static String checkDevice(String device) {
    if (!DEVICE_ID.matcher(device).matches()) {
      throw new IllegalArgumentException(
          "device id '"
              + device
              + "' is not "
              + DEVICE_ID.pattern()
              + ": letters, digits, _ and -");
    }
    return device;
  }

  private static String shardAndDevice(String device) {
    return twoDigits(shard(checkDevice(device))) + "/" + device;
  }

  private static String twoDigits(int shard) {
    return (shard < 10 ? "0" : "") + shard;
  }
}

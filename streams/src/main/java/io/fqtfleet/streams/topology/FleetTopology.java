package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.ops.Meters;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The topology that production runs and tests drive. A pure function of its settings.
 *
 * <pre>
 *  policies ──> policy-intake ──> adopted policies ══> policies-in-force (global)
 *
 *  reports, status, acks, devices, budgets ──> intake ──> evidence     by device: co-partitioned
 *
 *  evidence ──> cohort ──> budgets, decisions, alerts, rollouts, cohorts   by cohort
 *     ^            │                                     ║
 *     │            │  <═══════════════════ fleet-levels (global)
 *     └────────────┘ RoundClosed, by the wall clock, with what the fleet shares;
 *                    of a split cohort the shards' summaries and their sums
 *
 *  rollout-commands ──> rollout-desk ──> evidence                          by cohort
 *
 *  alerts, feedback ──> feedback-desk ──> evidence (open alerts), alerts (closed ones)   by alert
 * </pre>
 */
public final class FleetTopology {
  /**
   * @param applicationId names the topic of adopted policies
   * @param fleetDevices devices of the whole fleet, an upper bound, for the thresholds
   * @param maxClockSkewMs how far ahead of the wall clock an event may be
   * @param shards of each cohort that is split
   */
  public record Settings(
      String applicationId, long fleetDevices, long maxClockSkewMs, Map<String, Integer> shards) {
    /** No cohort is split. */
    public Settings(String applicationId, long fleetDevices, long maxClockSkewMs) {
      this(applicationId, fleetDevices, maxClockSkewMs, Map.of());
    }

    /** 1 = it is whole. */
    int shardsOf(String cohort) {
      return shards.getOrDefault(cohort, 1);
    }
  }

  private static final Serde<String> KEYS = Serdes.String();

  private FleetTopology() {}

  public static Topology build(Settings settings, Meters meters) {
    return build(settings, meters, Stores::persistentKeyValueStore);
  }

  /**
   * @param stores by name; tests have theirs in memory
   */
  static Topology build(
      Settings settings, Meters meters, Function<String, KeyValueBytesStoreSupplier> stores) {
    Topology topology = new Topology();
    addPolicies(topology, settings, stores, meters);
    addDevices(topology, settings, stores, meters);
    addCohorts(topology, settings, true, stores, meters);
    addLevels(topology);
    addFeedback(topology, settings, stores, meters);
    addRolloutCommands(topology, settings, meters);
    return topology;
  }

  /** The cohorts' part alone, deciding again what a recorded topic of evidence holds. */
  public static Topology replay(Settings settings, Meters meters) {
    Topology topology = new Topology();
    addCohorts(topology, settings, false, Stores::persistentKeyValueStore, meters);
    return topology;
  }

  private static void addPolicies(
      Topology topology,
      Settings settings,
      Function<String, KeyValueBytesStoreSupplier> stores,
      Meters meters) {
    source(topology, "policies", Topics.POLICIES);
    topology
        .addProcessor("policy-intake", () -> new PolicyIntake(meters), "policies")
        .addStateStore(
            Stores.keyValueStoreBuilder(
                stores.apply(Names.POLICY_VERSION_STORE), KEYS, Serdes.Long()),
            "policy-intake");
    String adopted = Names.adoptedPolicies(settings.applicationId);
    sink(topology, Names.TO_ADOPTED, adopted, "policy-intake");
    sink(topology, Names.POLICY_DEAD, Topics.DEAD_LETTERS, "policy-intake");
    topology.addGlobalStore(
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(Names.POLICY_STORE), KEYS, Serdes.ByteArray())
            .withLoggingDisabled(),
        "adopted-policies",
        new StringDeserializer(),
        new ByteArrayDeserializer(),
        adopted,
        "policy-store",
        PolicyStore.Filler::new);
  }

  private static void addDevices(
      Topology topology,
      Settings settings,
      Function<String, KeyValueBytesStoreSupplier> stores,
      Meters meters) {
    source(topology, "reports", Topics.REPORTS);
    source(topology, "status", Topics.STATUS);
    source(topology, "acks", Topics.ACKS);
    source(topology, "devices", Topics.DEVICES);
    source(topology, "issued-budgets", Topics.BUDGETS);
    topology
        .addProcessor(
            "intake",
            () -> new IntakeProcessor(settings, meters),
            "reports",
            "status",
            "acks",
            "devices",
            "issued-budgets")
        .addStateStore(bytes(stores.apply(Names.INTAKE_STORE)), "intake");
    sink(topology, Names.TO_EVIDENCE, Topics.EVIDENCE, "intake");
    sink(topology, Names.RETIRED_BUDGETS, Topics.BUDGETS, "intake");
    sink(topology, Names.RETIRED_STATUS, Topics.STATUS, "intake");
    sink(topology, Names.INTAKE_DEAD, Topics.DEAD_LETTERS, "intake");
  }

  private static void addCohorts(
      Topology topology,
      Settings settings,
      boolean closesRounds,
      Function<String, KeyValueBytesStoreSupplier> stores,
      Meters meters) {
    source(topology, "evidence", Topics.EVIDENCE);
    topology
        .addProcessor(
            "cohort",
            () -> new CohortProcessor(settings.fleetDevices, closesRounds, meters),
            "evidence")
        .addStateStore(bytes(stores.apply(Names.COHORT_STORE)), "cohort")
        .addStateStore(bytes(stores.apply(Names.DEVICE_STORE)), "cohort")
        .addStateStore(bytes(stores.apply(Names.PENDING_STORE)).withCachingEnabled(), "cohort")
        .addStateStore(bytes(stores.apply(Names.OPEN_STORE)), "cohort");
    sink(topology, Names.TO_BUDGETS, Topics.BUDGETS, "cohort");
    sink(topology, Names.TO_DECISIONS, Topics.DECISIONS, "cohort");
    sink(topology, Names.TO_ALERTS, Topics.ALERTS, "cohort");
    sink(topology, Names.TO_COHORTS, Topics.COHORTS, "cohort");
    sink(topology, Names.TO_ROLLOUTS, Topics.ROLLOUTS, "cohort");
    sink(topology, Names.COHORT_DEAD, Topics.DEAD_LETTERS, "cohort");
    if (closesRounds) {
      sink(topology, Names.TO_MARKERS, Topics.EVIDENCE, "cohort");
    }
  }

  private static void addFeedback(
      Topology topology,
      Settings settings,
      Function<String, KeyValueBytesStoreSupplier> stores,
      Meters meters) {
    source(topology, "raised-alerts", Topics.ALERTS);
    source(topology, "feedback", Topics.FEEDBACK);
    topology
        .addProcessor(
            "feedback-desk",
            () -> new FeedbackProcessor(settings, meters),
            "raised-alerts",
            "feedback")
        .addStateStore(bytes(stores.apply(Names.ALERT_STORE)), "feedback-desk")
        .addStateStore(bytes(stores.apply(Names.FEEDBACK_STORE)), "feedback-desk");
    sink(topology, Names.FEEDBACK_TO_EVIDENCE, Topics.EVIDENCE, "feedback-desk");
    sink(topology, Names.FEEDBACK_TO_ALERTS, Topics.ALERTS, "feedback-desk");
    sink(topology, Names.FEEDBACK_DEAD, Topics.DEAD_LETTERS, "feedback-desk");
  }

  private static void addRolloutCommands(Topology topology, Settings settings, Meters meters) {
    source(topology, "rollout-commands", Topics.ROLLOUT_COMMANDS);
    topology.addProcessor(
        "rollout-desk", () -> new RolloutDesk(settings, meters), "rollout-commands");
    sink(topology, Names.ROLLOUTS_TO_EVIDENCE, Topics.EVIDENCE, "rollout-desk");
    sink(topology, Names.ROLLOUTS_DEAD, Topics.DEAD_LETTERS, "rollout-desk");
  }

  private static void addLevels(Topology topology) {
    topology.addGlobalStore(
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(Names.LEVEL_STORE), KEYS, Serdes.ByteArray())
            .withLoggingDisabled(),
        "cohort-levels",
        new StringDeserializer(),
        new ByteArrayDeserializer(),
        Topics.COHORTS,
        "level-store",
        FleetLevels.Filler::new);
  }

  private static void source(Topology topology, String name, String topic) {
    topology.addSource(
        AutoOffsetReset.earliest(),
        name,
        new StringDeserializer(),
        new ByteArrayDeserializer(),
        topic);
  }

  private static void sink(Topology topology, String name, String topic, String parent) {
    topology.addSink(name, topic, new StringSerializer(), new ByteArraySerializer(), parent);
  }

  private static StoreBuilder<KeyValueStore<String, byte[]>> bytes(
      KeyValueBytesStoreSupplier supplier) {
    return Stores.keyValueStoreBuilder(supplier, KEYS, Serdes.ByteArray());
  }
}

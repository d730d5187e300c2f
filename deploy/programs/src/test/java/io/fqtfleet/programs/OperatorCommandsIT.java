package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.DeviceState;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.ExpiryAction;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.RefusalReason;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.RolloutAction;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.RolloutPhase;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WeightsAction;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.streams.budget.Policies;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operators' commands against a real Kafka. */
class OperatorCommandsIT {
  private static final int PARTITIONS = 4;

  @TempDir static Path directory;
  private static LocalKafka kafka;

  @BeforeAll
  static void startKafka() throws Exception {
    WireCodec.of(Policy.class);
    kafka = new LocalKafka(directory);
    kafka.start();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
      admin
          .createTopics(
              Topics.kafka(PARTITIONS, 1).stream()
                  .map(
                      spec ->
                          new NewTopic(spec.name(), spec.partitions(), (short) 1)
                              .configs(spec.settings()))
                  .toList())
          .all()
          .get();
    }
  }

  @AfterAll
  static void stopKafka() {
    kafka.close();
  }

  private static <T extends SpecificRecord> void put(
      String topic, Class<T> type, String key, T value) {
    new FleetTopic<>(kafka.bootstrapServers(), topic, type).publish(key, value, null);
  }

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    String[] all = java.util.Arrays.copyOf(arguments, arguments.length + 2);
    all[arguments.length] = "--kafka";
    all[arguments.length + 1] = kafka.bootstrapServers();
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return FleetCli.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all);
  }

  private static DeviceStatus status(String device, DeviceState state) {
    return DeviceStatus.newBuilder()
        .setDevice(device)
        .setState(state)
        .setBootCounter(1)
        .setBootNonce(2)
        .setFirmware("1.2.0")
        .setBoard("mps2-an386")
        .setModelFingerprint(1)
        .setReportSchema(2)
        .setBudgetSchema(3)
        .setCohort("line-3")
        .setAttributes(List.of())
        .setLayerCount(2)
        .setFactoryTerms(Policies.DEFAULT.getQuiet())
        .setBudgetVersion(7)
        .build();
  }

  private static UpdateBudget budget(String device, long version) {
    return UpdateBudget.newBuilder()
        .setDevice(device)
        .setVersion(version)
        .setPolicyVersion(2)
        .setIssuedAtMs(1_700_000_000_000L)
        .setTerms(Policies.DEFAULT.getDrift())
        .setResetErrorMax(true)
        .setWeights(WeightsAction.KEEP)
        .setTimeToLiveS(3600)
        .setOnExpiry(ExpiryAction.FREEZE)
        .setReason(ReasonCode.DOMAIN_DRIFT)
        .build();
  }

  private static BudgetAck ack(String device, long inForce, RefusalReason refusal, String field) {
    boolean refused = refusal != RefusalReason.NONE;
    return BudgetAck.newBuilder()
        .setDevice(device)
        .setBootCounter(1)
        .setBootNonce(2)
        .setUptimeMs(5)
        .setAnsweredVersion(8)
        .setOutcome(refused ? AckOutcome.REFUSED : AckOutcome.APPLIED)
        .setRefusal(refusal)
        .setField(field)
        .setVersionInForce(inForce)
        .setTermsInForce(Policies.DEFAULT.getDrift())
        .build();
  }

  private static Decision decision(String device, String from, String to, String sentence) {
    return Decision.newBuilder()
        .setCohort("line-3")
        .setDevice(device)
        .setRound(4)
        .setDecidedAtMs(1_700_000_000_000L)
        .setPolicyVersion(2)
        .setFrom(from)
        .setTo(to)
        .setReason(ReasonCode.DOMAIN_DRIFT)
        .setEvidence(
            AlertEvidence.newBuilder()
                .setStatistic("esr/error")
                .setLogEvidence(18.4)
                .setLogThreshold(13.8)
                .setImpliedFalseAlarmsPerDay(0.01)
                .setBoundIsEmpirical(true)
                .setBaseline(0.03)
                .setCurrent(0.42)
                .setSamples(320)
                .setDispersion(1.5)
                .build())
        .setAlertId("a1b2")
        .setSentence(sentence)
        .build();
  }

  @Test
  void whyTellsWhatADeviceMayTrainAndWhichDecisionsLedThere() {
    put(Topics.STATUS, DeviceStatus.class, "pump-07", status("pump-07", DeviceState.ONLINE));
    put(Topics.BUDGETS, UpdateBudget.class, "pump-07", budget("pump-07", 8));
    put(Topics.DECISIONS, Decision.class, "pump-07", decision("pump-07", "STABLE", "WATCH", "one"));
    put(Topics.DECISIONS, Decision.class, "pump-07", decision("pump-07", "WATCH", "DRIFT", "two"));
    put(Topics.DECISIONS, Decision.class, "pump-08", decision("pump-08", "WATCH", "DRIFT", "no"));

    assertEquals(0, run("why", "pump-07"), err.toString());
    String said = out.toString();
    assertTrue(said.contains("cohort line-3, ONLINE, 1.2.0 on mps2-an386"), said);
    assertTrue(
        said.contains("budget 8 (DOMAIN_DRIFT, policy 2) of 2023-11-14 22:13:20: trains 20..100 %"),
        said);
    assertTrue(said.contains("of the structures of layers from 0 on, rate 0.0100"), said);
    assertTrue(said.contains("the device has not answered yet"), said);
    assertTrue(said.indexOf("WATCH: one") < said.indexOf("DRIFT: two"), said);
    assertTrue(said.contains("esr/error: from 0.03000 to 0.4200 over 320 samples"), said);
    assertTrue(said.contains("alert a1b2"), said);
    assertFalse(said.contains(": no"), "another device's decision");

    assertEquals(0, run("why", "pump-07", "--last", "1"));
    assertFalse(out.toString().contains("WATCH: one"), out.toString());

    put(Topics.ACKS, BudgetAck.class, "pump-07", ack("pump-07", 8, RefusalReason.NONE, ""));
    run("why", "pump-07");
    assertTrue(out.toString().contains("the device applied it"), out.toString());
    put(
        Topics.ACKS,
        BudgetAck.class,
        "pump-07",
        ack("pump-07", 7, RefusalReason.OUT_OF_RANGE, "batchSize"));
    run("why", "pump-07");
    assertTrue(
        out.toString().contains("refused budget 8: OUT_OF_RANGE (batchSize); in force is 7"),
        out.toString());
  }

  @Test
  void whyOfADeviceThatNobodyKnowsSaysWhereToLook() {
    assertEquals(1, run("why", "nobody"));
    assertTrue(err.toString().contains("nothing is known of a device 'nobody'"), err.toString());
    assertEquals(1, run("why", "no/such"));
    assertTrue(err.toString().contains("no/such"), err.toString());
  }

  @Test
  void devicesListsThoseThatAreThere() {
    put(Topics.STATUS, DeviceStatus.class, "fan-1", status("fan-1", DeviceState.ONLINE));
    put(Topics.STATUS, DeviceStatus.class, "fan-2", status("fan-2", DeviceState.OFFLINE));
    put(Topics.STATUS, DeviceStatus.class, "fan-3", status("fan-3", DeviceState.ONLINE));
    put(Topics.STATUS, DeviceStatus.class, "fan-3", null);
    put(Topics.DECISIONS, Decision.class, "fan-1", decision("fan-1", "STABLE", "TRIAL", "three"));

    assertEquals(0, run("devices", "--cohort", "line-3"), err.toString());
    List<String> lines = out.toString().lines().toList();
    assertTrue(
        lines.stream()
            .anyMatch(l -> l.matches("fan-1 +line-3 +ONLINE +TRIAL +7 +mps2-an386 +1.2.0")),
        out.toString());
    assertTrue(lines.stream().anyMatch(l -> l.matches("fan-2 +line-3 +OFFLINE +- .*")));
    assertTrue(lines.stream().noneMatch(l -> l.startsWith("fan-3")), "its status was deleted");

    run("devices", "--offline");
    assertTrue(out.toString().contains("fan-2"), out.toString());
    assertFalse(out.toString().contains("fan-1"), out.toString());
    run("devices", "--cohort", "other");
    assertEquals(1, out.toString().lines().count(), out.toString());
  }

  @Test
  void freezeStopsEveryCohortAndThawUndoesWhatItDid() {
    PolicyTopic topic = new PolicyTopic(kafka.bootstrapServers());
    topic.publish(policy("north", 3, false, "as usual"));
    topic.publish(policy("south", 5, true, "under repair"));

    assertEquals(0, run("freeze", "--comment", "smell of smoke"), err.toString());
    assertTrue(out.toString().contains("frozen: north, *;"), out.toString());
    assertEquals(4, topic.newest().get("north").getVersion());
    assertTrue(topic.newest().get("north").getFrozen());
    assertEquals("frozen: smell of smoke", topic.newest().get("north").getComment());
    assertTrue(topic.newest().get("*").getFrozen(), "cohorts without a policy of their own");
    assertEquals(5, topic.newest().get("south").getVersion(), "was frozen before");

    assertEquals(0, run("freeze"));
    assertTrue(out.toString().contains("was frozen already"), out.toString());

    assertEquals(0, run("thaw"), err.toString());
    assertTrue(out.toString().contains("training again: north, *;"), out.toString());
    Policy north = topic.newest().get("north");
    assertEquals(5, north.getVersion());
    assertEquals(
        policy("north", 5, false, "thawed"),
        Policy.newBuilder(north).setAuthor("tester").setAppliedAtMs(1).build(),
        "nothing but version, author, time and comment differs from before");
    assertTrue(topic.newest().get("south").getFrozen(), "frozen by its own file");

    assertEquals(0, run("freeze", "--cohort", "west"), err.toString());
    assertEquals(1, topic.newest().get("west").getVersion());
    assertFalse(topic.newest().get("north").getFrozen());
    assertEquals(1, run("freeze", "--cohort", "not/a/name"));
    assertTrue(err.toString().contains("is neither * nor"), err.toString());
  }

  private static Rollout rollout(RolloutPhase phase) {
    return Rollout.newBuilder()
        .setCohort("line-9")
        .setId("line-9@2")
        .setPolicyCohort("line-9")
        .setPolicyVersion(2)
        .setBasePolicyVersion(1)
        .setPhase(phase)
        .setStage(0)
        .setStages(3)
        .setStartedAtMs(1_700_000_000_000L)
        .setStageSinceMs(1_700_000_000_000L)
        .setUpdatedAtMs(1_700_000_000_000L)
        .setStageRounds(4)
        .setSoakedRounds(2)
        .setDevices(40)
        .setTarget(2)
        .setExposed(2)
        .setApplied(1)
        .setPending(1)
        .setFailed(0)
        .setSamples(120)
        .setErrors(9)
        .setErrorsExpected(6)
        .setOtherSamples(0)
        .setOtherErrors(0)
        .setOtherErrorsExpected(0)
        .setAccuracyLoss(0.025)
        .setAccuracyLossSure(0.0)
        .setCanaries(List.of("valve-1", "valve-2"))
        .setSteppedBy("controller")
        .setSentence("two canaries are watched")
        .build();
  }

  @Test
  void aRolloutIsShownAndSteered() throws Exception {
    assertEquals(1, run("rollout", "show", "line-9"));
    assertTrue(err.toString().contains("'line-9' never had a rollout"), err.toString());
    put(Topics.ROLLOUTS, Rollout.class, "line-9", rollout(RolloutPhase.WAITING));
    assertEquals(0, run("rollout", "list", "--running"), err.toString());
    assertTrue(
        out.toString().lines().anyMatch(l -> l.matches("line-9 +line-9@2 +WAITING +1/3 +2/40 .*")),
        out.toString());
    assertEquals(0, run("rollout", "show", "line-9"), err.toString());
    assertTrue(out.toString().contains("line-9@2: two canaries are watched"), out.toString());
    assertTrue(out.toString().contains("accuracy lost to them: 2.5 %"), out.toString());

    assertEquals(
        0, run("rollout", "approve", "line-9", "--author", "kim", "--wait", "0"), err.toString());
    assertTrue(out.toString().contains("is stored; no round"), out.toString());
    List<RolloutCommand> sent = new java.util.ArrayList<>();
    new FleetTopic<>(kafka.bootstrapServers(), Topics.ROLLOUT_COMMANDS, RolloutCommand.class)
        .read("line-9", (key, value) -> sent.add(value));
    assertEquals(1, sent.size());
    assertEquals(RolloutAction.APPROVE, sent.get(0).getAction());
    assertEquals("line-9@2", sent.get(0).getRollout());
    assertEquals("kim", sent.get(0).getAuthor());

    DeviceStatus valve = status("valve-1", DeviceState.ONLINE);
    put(
        Topics.STATUS,
        DeviceStatus.class,
        "valve-1",
        DeviceStatus.newBuilder(valve).setCohort("line-9").build());
    put(Topics.BUDGETS, UpdateBudget.class, "valve-1", budget("valve-1", 8));
    assertEquals(0, run("why", "valve-1"), err.toString());
    assertTrue(
        out.toString().contains("(WAITING, stage 1/3) reached this device as a canary: two"),
        out.toString());
    assertEquals(0, run("devices", "--cohort", "line-9", "--output", "json"), err.toString());
    assertTrue(out.toString().contains("\"device\":\"valve-1\",\"cohort\":\"line-9\""));

    assertEquals(0, answered("kim paused it (look first)."), err.toString());
    assertTrue(out.toString().contains("line-9@2: kim paused it (look first)."), out.toString());
    assertEquals(1, answered("PAUSE by kim was refused: it is PAUSED."));
    assertTrue(err.toString().contains("was refused: it is PAUSED"), err.toString());

    put(Topics.ROLLOUTS, Rollout.class, "line-9", rollout(RolloutPhase.COMPLETE));
    assertEquals(1, run("rollout", "pause", "line-9"));
    assertTrue(err.toString().contains("line-9@2 is over (COMPLETE)"), err.toString());
  }

  /** What streams writes is put there by hand once the command is stored. */
  private int answered(String sentence) throws Exception {
    var commands =
        new FleetTopic<>(kafka.bootstrapServers(), Topics.ROLLOUT_COMMANDS, RolloutCommand.class);
    AtomicInteger before = new AtomicInteger();
    commands.read("line-9", (key, value) -> before.incrementAndGet());
    CompletableFuture<Integer> code =
        CompletableFuture.supplyAsync(
            () -> run("rollout", "pause", "line-9", "--author", "kim", "--wait", "60"));
    AtomicInteger stored = new AtomicInteger();
    while (stored.get() <= before.get() && !code.isDone()) {
      stored.set(0);
      commands.read("line-9", (key, value) -> stored.incrementAndGet());
    }
    put(Topics.DECISIONS, Decision.class, "line-9", decision("valve-1", "A", "B", sentence));
    put(Topics.DECISIONS, Decision.class, "line-9", decision(null, "A", "B", "lee paused it."));
    put(Topics.DECISIONS, Decision.class, "line-9", decision(null, "A", "B", sentence));
    return code.get(90, TimeUnit.SECONDS);
  }

  private static Policy policy(String cohort, long version, boolean frozen, String comment) {
    return Policy.newBuilder(Policies.DEFAULT)
        .setCohort(cohort)
        .setVersion(version)
        .setFrozen(frozen)
        .setAuthor("tester")
        .setAppliedAtMs(1)
        .setComment(comment)
        .build();
  }
}

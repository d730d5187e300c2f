package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.RegistryState;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.policy.PolicyText;
import io.fqtfleet.streams.topology.Names;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fleet policy} and {@code fleet device} against a real Kafka; cohorts are a test's own. */
class PolicyAndRegistryIT {
  @TempDir static Path directory;
  private static LocalKafka kafka;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void startKafka() throws Exception {
    WireCodec.of(Policy.class);
    kafka = new LocalKafka(directory);
    kafka.start();
    try (Admin admin = admin()) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(Topics.DEAD_LETTERS, 2, (short) 1),
                  new NewTopic(Topics.DEVICES, 2, (short) 1),
                  new NewTopic(Names.adoptedPolicies("fqt-streams"), 1, (short) 1)))
          .all()
          .get();
    }
    // As the first command on a new Kafka does: every version must stay there.
    PolicyTopic topic = new PolicyTopic(kafka.bootstrapServers());
    assertThrows(IllegalStateException.class, topic::versions);
    topic.make();
    topic.make();
  }

  @AfterAll
  static void stopKafka() {
    kafka.close();
  }

  private static Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
  }

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

  private Path file(String cohort, String change, String to) throws Exception {
    Policy policy = Policy.newBuilder(Policies.DEFAULT).setCohort(cohort).setVersion(1).build();
    String yaml = PolicyText.yaml(policy).replaceFirst("version: 1\n", "").replaceFirst(change, to);
    return Files.writeString(directory.resolve(cohort + ".yaml"), yaml);
  }

  private int apply(Path file, String... more) {
    String[] all = {"policy", "apply", file.toString(), "--wait", "0"};
    String[] joined = java.util.Arrays.copyOf(all, all.length + more.length);
    System.arraycopy(more, 0, joined, all.length, more.length);
    return run(joined);
  }

  @Test
  void whatIsAppliedCanBeReadComparedAndRestored() throws Exception {
    Path file = file("press", "lambdaMax: 0.1", "lambdaMax: 0.2");
    assertEquals(0, apply(file, "--author", "kim", "--comment", "first"), err.toString());
    assertEquals(0, apply(file), err.toString());
    assertTrue(out.toString().contains("nothing is sent: version 1"), out.toString());
    assertEquals(0, run("policy", "diff", file.toString()));

    Path second = file("press", "lambdaMax: 0.1", "lambdaMax: 0.3");
    assertEquals(1, run("policy", "diff", second.toString()));
    assertEquals("quiet.lambdaMax: 0.2 -> 0.3\n", out.toString());
    assertEquals(0, apply(second, "--author", "lee", "--comment", "more"), err.toString());
    assertTrue(out.toString().contains("  quiet.lambdaMax: 0.2 -> 0.3"), out.toString());
    assertEquals(1, run("policy", "diff", "--cohort", "press", "--from", "1"));
    assertEquals("quiet.lambdaMax: 0.2 -> 0.3\n", out.toString());
    assertEquals(2, run("policy", "diff"), "neither a file nor versions");

    assertEquals(0, run("policy", "get", "press", "--version", "1"), err.toString());
    assertTrue(out.toString().startsWith("# version 1 of cohort press, applied by kim at 20"));
    Policy first = new PolicyTopic(kafka.bootstrapServers()).versions().find("press", 1);
    Path got = Files.writeString(directory.resolve("got.yaml"), out.toString());
    assertEquals(
        first,
        Policy.newBuilder(PolicyCommand.read(got, first.getVersion()))
            .setAuthor("kim")
            .setAppliedAtMs(first.getAppliedAtMs())
            .build());
    assertEquals(1, apply(got), "made from version 1, in force is 2");
    assertTrue(err.toString().contains("in force is 2 of lee; nothing is sent"), err.toString());

    assertEquals(0, run("policy", "restore", "press", "--version", "1", "--wait", "0"));
    assertEquals(0, run("policy", "diff", "--cohort", "press", "--from", "1", "--to", "3"));
    assertEquals(0, run("policy", "history", "press"), err.toString());
    List<String> rows = out.toString().lines().toList();
    assertEquals(4, rows.size(), out.toString());
    assertTrue(rows.get(1).matches("press +1  20[0-9: -]+ +replaced +kim +first"), rows.get(1));
    assertTrue(rows.get(3).matches("press +3 .* in force .* version 1 again"), rows.get(3));
    assertEquals("", err.toString(), "every version is kept");
    assertEquals(1, run("policy", "restore", "press", "--version", "9"));
    assertTrue(err.toString().contains("never had a version 9"), err.toString());

    run("policy", "history", "press", "--output", "json");
    var json = new com.fasterxml.jackson.databind.ObjectMapper();
    var last = json.readTree(out.toString().lines().toList().get(2));
    assertEquals("in force", last.get("fate").asText());
    assertEquals(0.2, last.get("quiet").get("lambdaMax").asDouble());
  }

  @Test
  void aCohortWithoutAPolicyShowsTheOneThatHolds() {
    assertEquals(0, run("policy", "get", "nowhere"), err.toString());
    assertTrue(out.toString().contains("# cohort nowhere has no policy of its own"));
    assertEquals(1, run("policy", "get", "no/where"));
    assertTrue(err.toString().contains("is neither * nor"), err.toString());
  }

  @Test
  void ofTwoOperatorsAtOnceTheSecondIsToldAndNothingOfTheFirstIsLost() throws Exception {
    PolicyTopic topic = new PolicyTopic(kafka.bootstrapServers());
    Policy mine =
        Policy.newBuilder(Policies.DEFAULT)
            .setCohort("race")
            .setVersion(1)
            .setAuthor("kim")
            .build();
    Policy theirs = Policy.newBuilder(mine).setAuthor("lee").setRecoveryRounds(9).build();
    topic.publish(mine);
    var e = assertThrows(IllegalStateException.class, () -> topic.publish(theirs));
    assertTrue(e.getMessage().contains("version 1 of the policy of cohort race came first"));
    assertEquals(mine, topic.newest().get("race"));
    run("policy", "history", "race");
    assertTrue(
        out.toString().contains("refused    lee              version: 1 is not above 1"),
        out.toString());
  }

  @Test
  void aStoppedCohortIsNotLetTrainByAFileThatDoesNotKnow() throws Exception {
    Path file = file("oven", "lambdaMax: 0.1", "lambdaMax: 0.2");
    assertEquals(0, apply(file));
    assertEquals(0, run("freeze", "--cohort", "oven", "--comment", "smoke"));
    assertEquals(1, apply(file));
    assertTrue(err.toString().contains("oven is stopped (frozen: smoke)"), err.toString());
    assertEquals(0, apply(file, "--thaw"), err.toString());
    assertFalse(new PolicyTopic(kafka.bootstrapServers()).newest().get("oven").getFrozen());
  }

  /** What streams writes is put there by hand; that it writes this, its own tests show. */
  @Test
  void theAnswerOfStreamsIsShown() throws Exception {
    assertEquals(0, answered("fan", Names.adoptedPolicies("fqt-streams"), ""), err.toString());
    assertTrue(out.toString().contains("version 1 of the policy of cohort fan is in force"));
    assertEquals(1, answered("mill", Topics.DEAD_LETTERS, "OUT_OF_RANGE: energy: no"));
    assertTrue(err.toString().contains("streams refused version 1 of cohort mill"), err.toString());
    assertTrue(err.toString().contains("OUT_OF_RANGE: energy: no"), err.toString());
    assertEquals(0, apply(file("saw", "lambdaMax: 0.1", "lambdaMax: 0.2")));
    assertTrue(out.toString().contains("'fqt-streams' did not answer"), out.toString());
  }

  private int answered(String cohort, String topic, String reason) throws Exception {
    Path file = file(cohort, "lambdaMax: 0.1", "lambdaMax: 0.2");
    CompletableFuture<Integer> code =
        CompletableFuture.supplyAsync(
            () -> run("policy", "apply", file.toString(), "--wait", "60"));
    PolicyTopic policies = new PolicyTopic(kafka.bootstrapServers());
    Policy sent = null;
    while (sent == null && !code.isDone()) {
      sent = policies.newest().get(cohort);
    }
    try (var producer =
        new KafkaProducer<>(
            Map.<String, Object>of("bootstrap.servers", kafka.bootstrapServers()),
            new StringSerializer(),
            new ByteArraySerializer())) {
      var record = new ProducerRecord<>(topic, cohort, WireCodec.of(Policy.class).encode(sent));
      record.headers().add(Headers.REASON, reason.getBytes(StandardCharsets.UTF_8));
      record.headers().add(Headers.SOURCE_TOPIC, Topics.POLICIES.getBytes(StandardCharsets.UTF_8));
      producer.send(record).get();
    }
    return code.get(90, TimeUnit.SECONDS);
  }

  @Test
  void aTopicThatForgetsIsNamedWithTheRemedy() throws Exception {
    PolicyTopic topic = new PolicyTopic(kafka.bootstrapServers());
    assertNull(topic.forgets());
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, Topics.POLICIES);
    try (Admin admin = admin()) {
      for (String policy : List.of("compact", "delete")) {
        var op =
            new AlterConfigOp(new ConfigEntry("cleanup.policy", policy), AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(resource, List.of(op))).all().get();
        String wrong = topic.forgets();
        assertEquals(
            policy.equals("compact"),
            wrong != null && wrong.contains("has cleanup.policy=compact, so old versions are"),
            wrong);
      }
    }
  }

  private static DeviceRegistration registration(String device) {
    java.util.concurrent.atomic.AtomicReference<DeviceRegistration> last =
        new java.util.concurrent.atomic.AtomicReference<>();
    new FleetTopic<>(kafka.bootstrapServers(), Topics.DEVICES, DeviceRegistration.class)
        .read(device, (key, value) -> last.set(value));
    return last.get();
  }

  private static String keyOf(Path file, String device) throws Exception {
    String line =
        Files.readAllLines(file).stream()
            .filter(l -> l.strip().startsWith(device + ":"))
            .findFirst()
            .orElse("");
    return line.replace(device + ":", "").replace("\"", "").strip();
  }

  @Test
  void aDeviceIsEnrolledMovedReplacedAndRetired() throws Exception {
    Path keys = directory.resolve("keys.yaml");
    Files.writeString(keys, "# of hall 2\ndevices:\n  other: \"3:" + "0a".repeat(32) + "\"\n");
    String file = keys.toString();
    Path out1 = directory.resolve("pump.key");
    assertEquals(
        0,
        run(
            "device",
            "enrol",
            "pump-1",
            "--cohort",
            "line-3",
            "--model",
            "bearing-cnn",
            "--keys",
            file,
            "--key-out",
            out1.toString(),
            "--attribute",
            "site=north",
            "--comment",
            "new"),
        err.toString());
    assertTrue(out.toString().contains("pump-1 is enrolled, cohort line-3; key 1 is in"));
    DeviceRegistration first = registration("pump-1");
    assertEquals("line-3", first.getCohort());
    assertEquals("bearing-cnn", first.getModel());
    assertEquals(1, first.getKeyId());
    assertEquals("site", first.getAttributes().get(0).getName());
    String key = keyOf(keys, "pump-1");
    assertTrue(key.matches("1:[0-9a-f]{64}"), key);
    assertEquals(key, Files.readString(out1).strip());
    assertFalse(out.toString().contains(key.substring(2)), "a key is not shown");
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(out1)));
    assertTrue(Files.readString(keys).startsWith("# of hall 2\n"));
    assertEquals("3:" + "0a".repeat(32), keyOf(keys, "other"));
    assertEquals(1, run("device", "enrol", "pump-1"));
    assertTrue(err.toString().contains("pump-1 is enrolled already"), err.toString());

    assertEquals(0, run("device", "move", "pump-1", "line-4"), err.toString());
    assertEquals("line-4", registration("pump-1").getCohort());
    assertEquals(1, run("device", "move", "pump-1", "line 4"));

    assertEquals(2, run("device", "replace", "pump-1"));
    assertEquals(0, run("device", "replace", "pump-1", "--keys", file), err.toString());
    DeviceRegistration second = registration("pump-1");
    assertEquals(2, second.getKeyId());
    assertEquals(1, second.getBoards());
    assertEquals("line-4", second.getCohort());
    assertTrue(keyOf(keys, "pump-1").matches("2:[0-9a-f]{64}"));

    assertEquals(0, run("device", "retire", "pump-1", "--keys", file, "--comment", "scrap"));
    assertEquals(RegistryState.RETIRED, registration("pump-1").getState());
    assertEquals("", keyOf(keys, "pump-1"));
    assertEquals(1, run("device", "replace", "pump-1", "--keep-key"));
    assertTrue(err.toString().contains("pump-1 was retired by"), err.toString());
    assertEquals("scrap", registration("pump-1").getComment());

    assertEquals(0, run("device", "enrol", "pump-1", "--keys", file), err.toString());
    assertEquals(3, registration("pump-1").getKeyId(), "an old key never comes back");
    assertEquals(2, registration("pump-1").getBoards());
    assertEquals(2, run("device", "--cohort", "x"), "an emulator wants the master key");
  }
}

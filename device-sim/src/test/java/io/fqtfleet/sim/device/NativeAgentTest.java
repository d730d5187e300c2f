package io.fqtfleet.sim.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.Attribute;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.DeviceState;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.ExpiryAction;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.RefusalReason;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WeightsAction;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.sim.NeedsAgent;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What Java and the firmware's agent say to each other, in both directions. */
@NeedsAgent
class NativeAgentTest {
  private static final String DEVICE = "press-07";
  private static final int KEY_ID = 3;
  private static final int CLASSES = 3;
  private static final long ISSUED_AT_MS = 1_790_000_000_000L;
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  private static final WireCodec<DeviceStatus> STATUSES = WireCodec.of(DeviceStatus.class);
  private static final WireCodec<UpdateBudget> BUDGETS = WireCodec.of(UpdateBudget.class);
  private static final WireCodec<BudgetAck> ACKS = WireCodec.of(BudgetAck.class);

  private final byte[] key = new byte[BudgetSignature.KEY_BYTES];
  private final ModelPage untrained = ModelPage.bearingMlp(CLASSES, 11);
  private final Random random = new Random(42);
  private NativeAgent agent;

  @BeforeEach
  void boots() {
    new Random(7).nextBytes(key);
    agent = NativeAgent.open(page().toBytes(), untrained.toBytes(), 4, 0xCAFE);
  }

  @AfterEach
  void endsQuietlyEvenTwice() {
    agent.close();
    agent.close();
  }

  @Test
  void statusSaysWhoTheDeviceIs() throws WireException {
    DeviceStatus birth = STATUSES.decode(agent.status(true));
    assertEquals(DEVICE, birth.getDevice());
    assertEquals(DeviceState.ONLINE, birth.getState());
    assertEquals(4, birth.getBootCounter());
    assertEquals(0xCAFE, birth.getBootNonce());
    assertEquals("host", birth.getBoard());
    assertEquals("line-a", birth.getCohort());
    assertEquals(List.of(new Attribute("sensor_batch", "B 17")), birth.getAttributes());
    assertEquals(untrained.fingerprint(), birth.getModelFingerprint());
    assertEquals(REPORTS.fingerprint(), birth.getReportSchema());
    assertEquals(BUDGETS.fingerprint(), birth.getBudgetSchema());
    assertEquals(2, birth.getLayerCount());
    assertEquals(terms().build(), birth.getFactoryTerms());
    assertEquals(0, birth.getBudgetVersion());
    assertEquals(DeviceState.OFFLINE, STATUSES.decode(agent.status(false)).getState());
  }

  @Test
  void reportCountsWhatTheDeviceSaw() throws WireException {
    long inputSum = 0;
    long inputSquareSum = 0;
    int inputMax = Integer.MIN_VALUE;
    short[] samples = new short[20 * NativeAgent.WINDOW];
    byte[] labels = new byte[20];
    fill(samples, labels);
    Arrays.fill(labels, 15, 20, NativeAgent.NO_LABEL);
    for (short sample : samples) {
      inputSum += sample;
      inputSquareSum += (long) sample * sample;
      inputMax = Math.max(inputMax, sample);
    }
    agent.windows(samples, labels, 1000, 50);
    assertFalse(agent.reportDue(4999));
    assertTrue(agent.reportDue(5000));
    byte[] bytes = agent.report(5000);
    TrainingReport report = REPORTS.decode(bytes);
    assertEquals(1, report.getSequence());
    assertEquals(5000, report.getUptimeMs());
    assertEquals(20, report.getSamplesSeen());
    assertEquals(15, report.getSamplesLabelled());
    assertEquals(15, report.getSamplesTrained());
    assertEquals(20 * NativeAgent.WINDOW, report.getInputCount());
    assertEquals(inputSum, report.getInputSum());
    assertEquals(inputSquareSum, report.getInputSquareSum());
    assertEquals(inputMax, report.getInputMax());
    assertEquals(20L * (64 * 32 + 32 * CLASSES), report.getMacsForward());
    assertTrue(report.getMacsBackward() > 0);
    long macs = report.getMacsForward() + report.getMacsBackward();
    assertEquals(macs * 900 / 1_000_000, report.getEnergyMicroJoule());
    assertEquals(0, report.getFirstLayer());
    assertEquals(2, report.getLayers().size());
    assertEquals(15, report.getLayers().get(0).getGradSamples());
    assertEquals(0, report.getBudgetVersion());
    assertFalse(agent.reportDue(9999));
    assertEquals(2, REPORTS.decode(agent.report(10_000)).getSequence());
  }

  @Test
  void signedBudgetIsAppliedOnceAndThenRepeated() throws WireException {
    UpdateBudget budget = budget(7).setTerms(terms().setTraining(false).build()).build();
    BudgetAck ack = send(budget, 2000);
    assertEquals(AckOutcome.APPLIED, ack.getOutcome());
    assertEquals(7, ack.getAnsweredVersion());
    assertEquals(7, ack.getVersionInForce());
    assertEquals(budget.getTerms(), ack.getTermsInForce());
    assertEquals(7, agent.budgetVersion());
    train(16);
    assertEquals(0, agent.counters().trained());
    assertEquals(AckOutcome.REPEATED, send(budget, 3000).getOutcome());
    assertEquals(7, STATUSES.decode(agent.status(true)).getBudgetVersion());
    TrainingReport report = REPORTS.decode(agent.report(12_000));
    assertEquals(ISSUED_AT_MS + 10_000, report.getLearntTimeMs());
    assertEquals(7, report.getBudgetVersion());
  }

  @Test
  void forgedReplayedAndForeignBudgetsAreRefusedAndChangeNothing() throws WireException {
    assertEquals(AckOutcome.APPLIED, send(budget(7).build(), 10).getOutcome());
    assertRefused(RefusalReason.REPLAYED, "", send(budget(6).build(), 20), 6);
    assertRefused(
        RefusalReason.WRONG_DEVICE, "device", send(budget(8).setDevice("other").build(), 20), 8);

    byte[] body = BUDGETS.encode(budget(8).build());
    String topic = Topics.budget(DEVICE);
    byte[] good = BudgetSignature.sign(topic, body, KEY_ID, key);
    byte[] forged = good.clone();
    forged[forged.length - 1] ^= 1;
    assertRefused(RefusalReason.BAD_SIGNATURE, "", receive(topic, forged), 0);
    byte[] changed = good.clone();
    changed[20] ^= 1;
    assertRefused(RefusalReason.BAD_SIGNATURE, "", receive(topic, changed), 0);
    byte[] otherTopic = BudgetSignature.sign(Topics.budget("other"), body, KEY_ID, key);
    assertRefused(RefusalReason.BAD_SIGNATURE, "", receive(topic, otherTopic), 0);
    assertRefused(RefusalReason.WRONG_DEVICE, "", receive(Topics.budget("other"), otherTopic), 0);
    byte[] otherKey = BudgetSignature.sign(topic, body, KEY_ID + 1, key);
    assertRefused(RefusalReason.UNKNOWN_KEY, "", receive(topic, otherKey), 0);
    byte[] otherSchema = body.clone();
    otherSchema[4] ^= 1;
    assertRefused(
        RefusalReason.UNKNOWN_SCHEMA,
        "",
        receive(topic, BudgetSignature.sign(topic, otherSchema, KEY_ID, key)),
        0);
    byte[] tooShort = Arrays.copyOf(body, body.length - 3);
    assertRefused(
        RefusalReason.BAD_FORMAT,
        "",
        receive(topic, BudgetSignature.sign(topic, tooShort, KEY_ID, key)),
        0);
    assertRefused(RefusalReason.BAD_FORMAT, "", receive(topic, new byte[] {1, 2, 3}), 0);
    assertRefused(RefusalReason.BAD_FORMAT, "", receive(topic, new byte[0]), 0);
    assertEquals(RefusalReason.OVERSIZE, ACKS.decode(agent.oversize(20)).getRefusal());
    assertEquals(7, agent.budgetVersion());
  }

  @Test
  void outOfRangeBudgetsNameTheField() throws WireException {
    assertOutOfRange("lambdaMaxPermille", terms().setLambdaMaxPermille(1001));
    assertOutOfRange("lambdaMinPermille", terms().setLambdaMinPermille(501));
    assertOutOfRange("firstTrainableLayer", terms().setFirstTrainableLayer(16));
    assertOutOfRange("learningRate", terms().setLearningRate(0));
    assertOutOfRange("batchSize", terms().setBatchSize(65));
    assertOutOfRange("trainEveryNth", terms().setTrainEveryNth(0));
    assertOutOfRange("pseudoLabelPermille", terms().setPseudoLabelPermille(499));
    assertOutOfRange("energyCapacityMilliJoule", terms().setEnergyCapacityMilliJoule(-1));
    assertOutOfRange("energyRefillMilliJoulePerHour", terms().setEnergyRefillMilliJoulePerHour(-1));
    assertOutOfRange("reportIntervalMs", terms().setReportIntervalMs(99));
    assertRefused(RefusalReason.OUT_OF_RANGE, "version", send(budget(0).build(), 30), 0);
    assertRefused(
        RefusalReason.OUT_OF_RANGE,
        "timeToLiveS",
        send(budget(9).setTimeToLiveS(-1).build(), 30),
        9);
    assertEquals(0, agent.budgetVersion());
  }

  @Test
  void weightsActionsRestoreFactoryAndLastGood() throws WireException {
    long factory = agent.weightsHash();
    train(64);
    long good = agent.weightsHash();
    assertNotEquals(factory, good);
    send(budget(1).setReason(ReasonCode.DOMAIN_DRIFT).build(), 100);
    train(64);
    assertNotEquals(good, agent.weightsHash());
    send(budget(2).setWeights(WeightsAction.LAST_GOOD).build(), 200);
    assertEquals(good, agent.weightsHash());
    send(budget(3).setWeights(WeightsAction.FACTORY).build(), 300);
    assertEquals(factory, agent.weightsHash());
    train(8);
    send(budget(3).setWeights(WeightsAction.FACTORY).build(), 400);
    assertNotEquals(factory, agent.weightsHash(), "a repeated budget acted again");
  }

  @Test
  void exportedWeightsBootAnotherDevice() {
    train(80);
    ModelPage trained = ModelPage.of(agent.exportModel());
    assertTrue(trained.isTrained());
    assertFalse(untrained.isTrained());
    try (NativeAgent other = NativeAgent.open(page().toBytes(), trained.toBytes(), 1, 1)) {
      assertEquals(agent.weightsHash(), other.weightsHash());
      assertArrayEquals(trained.toBytes(), other.exportModel());
    }
  }

  @Test
  void oneBatchOfWindowsEqualsManyCalls() {
    short[] samples = new short[30 * NativeAgent.WINDOW];
    byte[] labels = new byte[30];
    fill(samples, labels);
    try (NativeAgent other = NativeAgent.open(page().toBytes(), untrained.toBytes(), 4, 1)) {
      agent.windows(samples, labels, 0, 10);
      for (int i = 0; i < labels.length; i++) {
        int from = i * NativeAgent.WINDOW;
        other.windows(
            Arrays.copyOfRange(samples, from, from + NativeAgent.WINDOW),
            new byte[] {labels[i]},
            i * 10L,
            10);
      }
      assertEquals(agent.weightsHash(), other.weightsHash());
      assertEquals(agent.counters(), other.counters());
    }
  }

  @Test
  void badArgumentsAreNamedAndCountNothing() {
    short[] two = new short[2 * NativeAgent.WINDOW];
    assertMessage("window 1: label 3", () -> agent.windows(two, new byte[] {0, CLASSES}, 0, 1));
    assertMessage("1024 samples and 1 labels", () -> agent.windows(two, new byte[1], 0, 1));
    assertMessage("step of -1 ms", () -> agent.windows(two, new byte[2], 0, -1));
    assertMessage("time -5 ms", () -> agent.report(-5));
    assertEquals(0, agent.counters().samples());
    byte[] page = page().toBytes();
    page[60] ^= 1;
    assertMessage(
        "provisioning page does not match its CRC-32",
        () -> NativeAgent.open(page, untrained.toBytes(), 1, 1));
    assertMessage(
        "model page does not begin",
        () -> NativeAgent.open(page().toBytes(), new byte[100_000], 1, 1));
    assertMessage(
        "boot counter 0", () -> NativeAgent.open(page().toBytes(), untrained.toBytes(), 0, 1));
  }

  @Test
  void callsAfterCloseAreRefused() {
    agent.close();
    assertThrows(IllegalStateException.class, () -> agent.report(1));
    assertThrows(IllegalStateException.class, () -> agent.windows(new short[0], new byte[0], 0, 1));
    assertThrows(IllegalStateException.class, agent::weightsHash);
  }

  // ---- fixtures ----

  private ProvisioningPage page() {
    return new ProvisioningPage(
        DEVICE,
        "line-a",
        "host",
        KEY_ID,
        key,
        List.of(new Attribute("sensor_batch", "B 17")),
        terms().build());
  }

  private static BudgetTerms.Builder terms() {
    return BudgetTerms.newBuilder()
        .setTraining(true)
        .setLambdaMinPermille(100)
        .setLambdaMaxPermille(500)
        .setFirstTrainableLayer(0)
        .setLearningRate(5243)
        .setBatchSize(8)
        .setTrainEveryNth(1)
        .setPseudoLabelPermille(0)
        .setEnergyCapacityMilliJoule(1000)
        .setEnergyRefillMilliJoulePerHour(1000)
        .setReportIntervalMs(5000);
  }

  private static UpdateBudget.Builder budget(long version) {
    return UpdateBudget.newBuilder()
        .setDevice(DEVICE)
        .setVersion(version)
        .setPolicyVersion(1)
        .setIssuedAtMs(ISSUED_AT_MS)
        .setTerms(terms().build())
        .setResetErrorMax(false)
        .setWeights(WeightsAction.KEEP)
        .setTimeToLiveS(0)
        .setOnExpiry(ExpiryAction.FREEZE)
        .setReason(ReasonCode.STABLE);
  }

  private BudgetAck send(UpdateBudget budget, long nowMs) throws WireException {
    String topic = Topics.budget(DEVICE);
    byte[] payload = BudgetSignature.sign(topic, BUDGETS.encode(budget), KEY_ID, key);
    return ACKS.decode(agent.budget(topic, payload, nowMs));
  }

  private BudgetAck receive(String topic, byte[] payload) throws WireException {
    return ACKS.decode(agent.budget(topic, payload, 20));
  }

  private void assertOutOfRange(String field, BudgetTerms.Builder terms) throws WireException {
    assertRefused(
        RefusalReason.OUT_OF_RANGE, field, send(budget(9).setTerms(terms.build()).build(), 30), 9);
  }

  private static void assertRefused(
      RefusalReason reason, String field, BudgetAck ack, long answered) {
    assertEquals(AckOutcome.REFUSED, ack.getOutcome());
    assertEquals(reason, ack.getRefusal());
    assertEquals(field, ack.getField());
    assertEquals(answered, ack.getAnsweredVersion());
  }

  private static void assertMessage(
      String start, org.junit.jupiter.api.function.Executable executable) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, executable);
    assertTrue(e.getMessage().startsWith(start), e.getMessage());
  }

  private void train(int windows) {
    short[] samples = new short[windows * NativeAgent.WINDOW];
    byte[] labels = new byte[windows];
    fill(samples, labels);
    agent.windows(samples, labels, 50, 0);
  }

  /** Tones that differ by class, in noise. */
  private void fill(short[] samples, byte[] labels) {
    for (int w = 0; w < labels.length; w++) {
      labels[w] = (byte) (w % CLASSES);
      double frequency = 0.05 + 0.1 * labels[w];
      for (int i = 0; i < NativeAgent.WINDOW; i++) {
        double tone = 8000 * Math.sin(2 * Math.PI * frequency * i);
        samples[w * NativeAgent.WINDOW + i] = (short) (tone + random.nextGaussian() * 500);
      }
    }
  }
}

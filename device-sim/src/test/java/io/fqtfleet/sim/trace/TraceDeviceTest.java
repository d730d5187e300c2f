package io.fqtfleet.sim.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.ExpiryAction;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.RefusalReason;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WeightsAction;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A trace device keeps the firmware's rules, and its counters follow the budget in force. */
class TraceDeviceTest {
  private static final String ID = "press-007";
  private static final byte[] KEY = new byte[BudgetSignature.KEY_BYTES];
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  private static final WireCodec<BudgetAck> ACKS = WireCodec.of(BudgetAck.class);
  private static final WireCodec<UpdateBudget> BUDGETS = WireCodec.of(UpdateBudget.class);
  private static final int LAYERS = 2;

  /** Steps of a second with 10 windows; training costs 900 micro-joule more. */
  static final Story STORY =
      new Story() {
        @Override
        public int layers() {
          return LAYERS;
        }

        @Override
        public int situations() {
          return 1;
        }

        @Override
        public int situation(long fleetMs, int number, float[] trained, double chance) {
          return 0;
        }

        @Override
        public long durationMs(int number, int cursor) {
          return 1000;
        }

        @Override
        public long[] calm(int situation, int number, double trained, int cursor) {
          long[] step = new long[CounterRow.length(LAYERS)];
          step[CounterRow.SEEN] = 10;
          step[CounterRow.LABELLED] = 10;
          step[CounterRow.CORRECT] = trained > 100 ? 9 : 5;
          step[CounterRow.ENERGY] = 100;
          return step;
        }

        @Override
        public long[] training(int situation, int number, double trained, int cursor) {
          long[] step = calm(situation, number, trained, cursor);
          step[CounterRow.TRAINED] = 10;
          step[CounterRow.MACS_BACKWARD] = 4000;
          step[CounterRow.ENERGY] = 1000;
          return step;
        }
      };

  static BudgetTerms terms(boolean training, int lambda, int nth, int capacity) {
    return BudgetTerms.newBuilder()
        .setTraining(training)
        .setLambdaMinPermille(lambda)
        .setLambdaMaxPermille(lambda)
        .setFirstTrainableLayer(0)
        .setLearningRate(10_486)
        .setBatchSize(8)
        .setTrainEveryNth(nth)
        .setPseudoLabelPermille(0)
        .setEnergyCapacityMilliJoule(capacity)
        .setEnergyRefillMilliJoulePerHour(0)
        .setReportIntervalMs(2000)
        .build();
  }

  private static TraceDevice device(double clockRate) {
    TraceIdentity identity =
        new TraceIdentity("press", "host", List.of(), terms(false, 1000, 1, 1000), 7, id -> KEY);
    TraceDevice device = new TraceDevice(ID, 7, identity, STORY, clockRate, 3);
    device.boot(500);
    return device;
  }

  private static BudgetAck budget(TraceDevice device, long version, BudgetTerms terms, long atMs)
      throws WireException {
    return budget(device, version, terms, atMs, 0, KEY);
  }

  private static BudgetAck budget(
      TraceDevice device, long version, BudgetTerms terms, long atMs, int ttlS, byte[] key)
      throws WireException {
    UpdateBudget budget =
        UpdateBudget.newBuilder()
            .setDevice(ID)
            .setVersion(version)
            .setPolicyVersion(1)
            .setIssuedAtMs(1_000_000)
            .setTerms(terms)
            .setResetErrorMax(false)
            .setWeights(WeightsAction.KEEP)
            .setTimeToLiveS(ttlS)
            .setOnExpiry(ExpiryAction.FREEZE)
            .setReason(ReasonCode.DOMAIN_DRIFT)
            .build();
    String topic = Topics.budget(ID);
    byte[] signed = BudgetSignature.sign(topic, BUDGETS.encode(budget), 1, key);
    return ACKS.decode(device.onBudget(topic, signed, atMs).payload());
  }

  private static TrainingReport report(TraceDevice device, long atMs) throws WireException {
    return REPORTS.decode(device.report(atMs).payload());
  }

  @Test
  void countersGrowWithTimeAndUptimeIsTheDevicesOwnClock() throws WireException {
    TraceDevice device = device(1.02);
    TrainingReport first = report(device, 2_600);
    assertEquals(20, first.getSamplesSeen());
    assertEquals(10, first.getSamplesCorrect());
    assertEquals(1, first.getSequence());
    assertEquals(2_142, first.getUptimeMs());
    TrainingReport second = report(device, 4_600);
    assertEquals(40, second.getSamplesSeen());
    assertEquals(0, second.getSamplesTrained());
    assertEquals(2, second.getSequence());
    int nonce = device.bootNonce();
    device.boot(10_000);
    TrainingReport rebooted = report(device, 11_000);
    assertEquals(10, rebooted.getSamplesSeen());
    assertEquals(1, rebooted.getSequence());
    assertEquals(2, rebooted.getBootCounter());
    assertTrue(nonce != rebooted.getBootNonce());
  }

  @Test
  void aSmallerBudgetTrainsLessAndLearnsSlower() throws WireException {
    TraceDevice full = device(1);
    TraceDevice half = device(1);
    budget(full, 1, terms(true, 1000, 1, 1000), 500);
    budget(half, 1, terms(true, 500, 2, 1000), 500);
    TrainingReport ofFull = report(full, 20_500);
    TrainingReport ofHalf = report(half, 20_500);
    assertEquals(200, ofFull.getSamplesTrained());
    assertEquals(100, ofHalf.getSamplesTrained());
    assertEquals(80_000, ofFull.getMacsBackward());
    assertEquals(20_000, ofHalf.getMacsBackward());
    assertEquals(20_000, ofFull.getEnergyMicroJoule());
    assertEquals(2_000 + 18_000 / 4, ofHalf.getEnergyMicroJoule());
    // 11 of 20 steps had more than 100 windows behind them; the other never got there.
    assertEquals(11 * 5 + 9 * 9, ofFull.getSamplesCorrect());
    assertEquals(100, ofHalf.getSamplesCorrect());
    assertEquals(0, ofFull.getFirstLayer());
  }

  @Test
  void anEmptyEnergyBucketThrottles() throws WireException {
    TraceDevice device = device(1);
    budget(device, 1, terms(true, 1000, 1, 3), 500);
    TrainingReport report = report(device, 10_500);
    assertEquals(30, report.getSamplesTrained());
    assertEquals(70, report.getSamplesThrottled());
  }

  @Test
  void budgetsAreJudgedAsByTheFirmware() throws WireException {
    TraceDevice device = device(1);
    assertEquals(
        AckOutcome.APPLIED, budget(device, 5, terms(true, 1000, 1, 1000), 600).getOutcome());
    assertEquals(AckOutcome.REPEATED, budget(device, 5, terms(false, 1, 1, 0), 700).getOutcome());
    assertEquals(
        RefusalReason.REPLAYED, budget(device, 4, terms(false, 1, 1, 0), 800).getRefusal());
    byte[] other = new byte[BudgetSignature.KEY_BYTES];
    other[0] = 1;
    BudgetAck forged = budget(device, 9, terms(false, 1, 1, 0), 900, 0, other);
    assertEquals(RefusalReason.BAD_SIGNATURE, forged.getRefusal());
    assertEquals(5, forged.getVersionInForce());
    assertTrue(forged.getTermsInForce().getTraining());
  }

  @Test
  void aBudgetEndsAfterItsTimeToLive() throws WireException {
    TraceDevice device = device(1);
    budget(device, 1, terms(true, 1000, 1, 1000), 500, 10, KEY);
    assertEquals(90, report(device, 9_500).getSamplesTrained());
    assertEquals(90, report(device, 30_500).getSamplesTrained());
    assertFalse(budget(device, 1, terms(true, 1, 1, 0), 31_000).getTermsInForce().getTraining());
  }

  @Test
  void reportsOfThePreviousSchemaAreReadableAndLackOneCounter() throws WireException {
    assertTrue(REPORTS.knows(PreviousSchema.FINGERPRINT));
    TraceDevice device = device(1);
    budget(device, 1, terms(true, 1000, 1, 3), 500);
    device.flash("1.0.0", true);
    byte[] payload = device.report(10_500).payload();
    assertEquals(PreviousSchema.FINGERPRINT, WireCodec.fingerprintOf(payload));
    TrainingReport report = REPORTS.decode(payload);
    assertEquals(30, report.getSamplesTrained());
    assertEquals(0, report.getSamplesThrottled());
    device.flash("2.0.0", false);
    assertEquals(80, report(device, 11_500).getSamplesThrottled());
  }
}

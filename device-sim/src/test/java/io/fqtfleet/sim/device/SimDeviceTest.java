package io.fqtfleet.sim.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.AckOutcome;
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
import io.fqtfleet.sim.device.SimDevice.Judged;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import io.fqtfleet.sim.signal.BearingDomain;
import io.fqtfleet.sim.signal.BearingFault;
import io.fqtfleet.sim.signal.BearingVibration;
import io.fqtfleet.sim.signal.LabelRule;
import io.fqtfleet.sim.signal.SampleSource;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A device on a virtual clock. */
@NeedsAgent
class SimDeviceTest {
  private static final String ID = "press-003";
  private static final byte[] KEY = new byte[32];
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  private static final WireCodec<DeviceStatus> STATUSES = WireCodec.of(DeviceStatus.class);
  private static final WireCodec<BudgetAck> ACKS = WireCodec.of(BudgetAck.class);

  private static BudgetTerms.Builder terms() {
    return BudgetTerms.newBuilder()
        .setTraining(true)
        .setLambdaMinPermille(100)
        .setLambdaMaxPermille(1000)
        .setFirstTrainableLayer(0)
        .setLearningRate(10_486)
        .setBatchSize(8)
        .setTrainEveryNth(1)
        .setPseudoLabelPermille(0)
        .setEnergyCapacityMilliJoule(1_000_000)
        .setEnergyRefillMilliJoulePerHour(1_000_000)
        .setReportIntervalMs(2000);
  }

  private static SimDevice device(SampleSource source, double labelledShare) {
    ProvisioningPage page =
        new ProvisioningPage(ID, "press", "host", 1, KEY, List.of(), terms().build());
    NativeAgent agent =
        NativeAgent.open(page.toBytes(), ModelPage.bearingMlp(10, 1).toBytes(), 1, 99);
    return new SimDevice(ID, agent, source, LabelRule.right(5, 10, labelledShare), 10);
  }

  private static SampleSource vibration() {
    return new BearingVibration(1, BearingFault.tenClasses(), BearingDomain.reference());
  }

  @Test
  void windowsComeAtTheirTimeAndReportsAtTheirInterval() throws WireException {
    try (SimDevice device = device(vibration(), 1)) {
      assertEquals(0, device.tick(99, 100));
      assertEquals(1, device.tick(100, 100));
      assertEquals(18, device.tick(1999, 100));
      assertFalse(device.reportDue(1999));
      assertTrue(device.reportDue(2000));
      Outgoing report = device.report(2000);
      assertEquals(Topics.up(ID, Topics.Uplink.REPORT), report.topic());
      assertFalse(report.retained());
      assertEquals(1, report.reportSequence());
      TrainingReport decoded = REPORTS.decode(report.payload());
      assertEquals(1, decoded.getSequence());
      assertEquals(19, decoded.getSamplesSeen());
      assertFalse(device.reportDue(3999));
      assertEquals(2, device.report(4000).reportSequence());
    }
  }

  /** The heart of repeatable fleets: how a device is called does not change what it learns. */
  @Test
  void whatItLearnsDoesNotDependOnHowPunctuallyItIsCalled() {
    byte[] punctual;
    byte[] late;
    try (SimDevice device = device(vibration(), 0.7)) {
      for (int ms = 0; ms <= 60_000; ms += 50) {
        device.tick(ms, 1000);
      }
      punctual = device.exportModel();
    }
    try (SimDevice device = device(vibration(), 0.7)) {
      for (int ms = 0; ms <= 60_000; ms += 7500) {
        device.tick(ms, 1000);
      }
      late = device.exportModel();
    }
    assertArrayEquals(punctual, late);
  }

  @Test
  void aDeviceThatIsCalledFarTooLateSkipsAndCounts() {
    try (SimDevice device = device(vibration(), 1)) {
      assertEquals(50, device.tick(100_000, 50));
      assertEquals(950, device.skipped());
      assertEquals(50, device.counters().samples());
    }
  }

  @Test
  void birthAndFarewellSayWhetherItIsThere() throws WireException {
    try (SimDevice device = device(vibration(), 1)) {
      assertTrue(device.birth().retained());
      assertEquals(DeviceState.ONLINE, STATUSES.decode(device.birth().payload()).getState());
      assertEquals(DeviceState.OFFLINE, STATUSES.decode(device.farewell().payload()).getState());
    }
  }

  @Test
  void aSignedBudgetIsObeyedAndAForgedOneRefused() throws WireException {
    UpdateBudget budget =
        UpdateBudget.newBuilder()
            .setDevice(ID)
            .setVersion(4)
            .setPolicyVersion(1)
            .setIssuedAtMs(1_790_000_000_000L)
            .setTerms(terms().setTraining(false).build())
            .setResetErrorMax(false)
            .setWeights(WeightsAction.KEEP)
            .setTimeToLiveS(0)
            .setOnExpiry(ExpiryAction.FREEZE)
            .setReason(ReasonCode.STABLE)
            .build();
    byte[] body = WireCodec.of(UpdateBudget.class).encode(budget);
    try (SimDevice device = device(vibration(), 1)) {
      byte[] signed = BudgetSignature.sign(device.budgetTopic(), body, 1, KEY);
      byte[] forged = signed.clone();
      forged[20] ^= 1;
      BudgetAck refused = ack(device.onMessage(device.budgetTopic(), forged, 0));
      assertEquals(AckOutcome.REFUSED, refused.getOutcome());
      assertEquals(RefusalReason.BAD_SIGNATURE, refused.getRefusal());
      BudgetAck applied = ack(device.onMessage(device.budgetTopic(), signed, 0));
      assertEquals(AckOutcome.APPLIED, applied.getOutcome());
      device.tick(5000, 1000);
      assertEquals(0, device.counters().trained());
      assertEquals(4, device.counters().budgetVersion());
    }
  }

  private static BudgetAck ack(List<Outgoing> answer) throws WireException {
    assertEquals(1, answer.size());
    assertEquals(Topics.up(ID, Topics.Uplink.ACK), answer.get(0).topic());
    return ACKS.decode(answer.get(0).payload());
  }

  /** Gives each window once, then repeats. */
  private record Finite(SampleSource source, long windows) implements SampleSource {
    @Override
    public int classes() {
      return source.classes();
    }

    @Override
    public int window(long index, short[] out, int offset) {
      return source.window(index % windows, out, offset);
    }

    @Override
    public boolean fresh(long index) {
      return index < windows;
    }
  }

  @Test
  void onlyLabelledWindowsNeverSeenBeforeAreJudged() {
    try (SimDevice device = device(new Finite(vibration(), 100), 0.5)) {
      for (int ms = 0; ms <= 30_000; ms += 500) {
        device.tick(ms, 1000);
      }
      Judged judged = device.judged();
      assertEquals(300, device.counters().samples());
      assertTrue(judged.labelled() > 30 && judged.labelled() < 70, judged.toString());
      assertTrue(judged.correct() <= judged.labelled());
      assertTrue(device.counters().labelled() > 2 * judged.labelled());
    }
  }

  @Test
  void samplesOfABatchAreThoseOfTheSource() throws WireException {
    SampleSource ramp =
        new SampleSource() {
          @Override
          public int classes() {
            return 10;
          }

          @Override
          public int window(long index, short[] out, int offset) {
            Arrays.fill(out, offset, offset + WINDOW, (short) (index + 1));
            return 0;
          }
        };
    try (SimDevice device = device(ramp, 1)) {
      device.tick(10_000, 1000);
      TrainingReport report = REPORTS.decode(device.report(10_000).payload());
      assertEquals(512L * 100 * 101 / 2, report.getInputSum());
      assertEquals(1, report.getInputMin());
      assertEquals(100, report.getInputMax());
    }
  }
}

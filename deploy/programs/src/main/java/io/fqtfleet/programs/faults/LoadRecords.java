package io.fqtfleet.programs.faults;

import io.fqtfleet.schemas.Attribute;
import io.fqtfleet.schemas.DeviceState;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.ExpiryAction;
import io.fqtfleet.schemas.LayerCounters;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WeightsAction;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.streams.budget.Policies;
import java.util.List;

/** What a calm device says, and the budgets it gets: valid in every field, and of usual size. */
final class LoadRecords {
  /** Windows of one report interval. */
  static final int SAMPLES = 32;

  static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  static final WireCodec<DeviceStatus> STATUSES = WireCodec.of(DeviceStatus.class);
  static final WireCodec<UpdateBudget> BUDGETS = WireCodec.of(UpdateBudget.class);

  private static final int LAYERS = 2;
  private static final int INPUTS = 512;
  private static final int BOOT = 1;
  private static final String COHORT = "faults";

  private LoadRecords() {}

  static byte[] status(String device, DeviceState state) {
    return STATUSES.encode(
        DeviceStatus.newBuilder()
            .setDevice(device)
            .setState(state)
            .setBootCounter(BOOT)
            .setBootNonce(device.hashCode())
            .setFirmware("faults")
            .setBoard("host")
            .setModelFingerprint(1)
            .setReportSchema(REPORTS.fingerprint())
            .setBudgetSchema(BUDGETS.fingerprint())
            .setCohort(COHORT)
            .setAttributes(List.<Attribute>of())
            .setLayerCount(LAYERS)
            .setFactoryTerms(Policies.DEFAULT.getQuiet())
            .setBudgetVersion(0)
            .build());
  }

  static byte[] budget(String device, long version, long issuedAtMs) {
    return BUDGETS.encode(
        UpdateBudget.newBuilder()
            .setDevice(device)
            .setVersion(version)
            .setPolicyVersion(1)
            .setIssuedAtMs(issuedAtMs)
            .setTerms(Policies.DEFAULT.getQuiet())
            .setResetErrorMax(false)
            .setWeights(WeightsAction.KEEP)
            .setTimeToLiveS(0)
            .setOnExpiry(ExpiryAction.FREEZE)
            .setReason(ReasonCode.STABLE)
            .build());
  }

  private static LayerCounters layer(long seen) {
    LayerCounters layer = new LayerCounters();
    for (int i = 0; i < LayerCounters.getClassSchema().getFields().size(); i++) {
      layer.put(i, 0L);
    }
    layer.put("gradNormSquareSum", seen * 5_000_000);
    layer.put("gradSamples", seen);
    layer.put("weightNormSquare", 300_000_000L);
    layer.put("totalX", seen * 64);
    layer.put("totalE", seen * 32);
    return layer;
  }

  /** The report with this sequence number; sums since boot, so all lower ones are in it. */
  static byte[] report(String device, long sequence, long uptimeMs) {
    long seen = sequence * SAMPLES;
    long wrong = seen / 20;
    LayerCounters layer = layer(seen);
    return REPORTS.encode(
        TrainingReport.newBuilder()
            .setDevice(device)
            .setBootCounter(BOOT)
            .setBootNonce(device.hashCode())
            .setSequence(sequence)
            .setUptimeMs(uptimeMs)
            .setLearntTimeMs(0)
            .setSamplesSeen(seen)
            .setSamplesLabelled(seen)
            .setSamplesCorrect(seen - wrong)
            .setSamplesTrained(seen / 10)
            .setLossSum(wrong * 8000 + (seen - wrong) * 300)
            .setLossSquareSum(wrong * 64_000_000 + (seen - wrong) * 90_000)
            .setLossMin(10)
            .setLossMax(20_000)
            .setConfidenceSum(seen * 30_000)
            .setConfidenceSquareSum(seen * 900_100_000L)
            .setInputCount(seen * INPUTS)
            .setInputSum(seen * 3)
            .setInputSquareSum(seen * INPUTS * 1_000_000)
            .setInputMin(-3000)
            .setInputMax(3000)
            .setFirstLayer(0)
            .setLayers(List.of(layer, layer))
            .setMacsForward(seen * 2500)
            .setMacsBackward(seen * 400)
            .setEnergyMicroJoule(seen * 3)
            .setBudgetVersion(0)
            .build());
  }
}

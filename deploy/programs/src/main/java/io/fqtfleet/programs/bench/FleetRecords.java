package io.fqtfleet.programs.bench;

import io.fqtfleet.schemas.Attribute;
import io.fqtfleet.schemas.DeviceState;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.LayerCounters;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.streams.budget.Policies;
import java.util.List;

/** What a calm fleet says: one window in twenty wrong, every report of full size. */
public final class FleetRecords {
  static final int SAMPLES = 32;
  private static final int LAYERS = 2;
  private static final int INPUTS = 512;
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  private static final WireCodec<DeviceStatus> STATUS = WireCodec.of(DeviceStatus.class);

  private FleetRecords() {}

  static String device(int index) {
    return "dev-%06d".formatted(index);
  }

  public static byte[] status(int index, int cohort) {
    return STATUS.encode(
        DeviceStatus.newBuilder()
            .setDevice(device(index))
            .setState(DeviceState.ONLINE)
            .setBootCounter(1)
            .setBootNonce(index)
            .setFirmware("bench")
            .setBoard("host")
            .setModelFingerprint(1)
            .setReportSchema(1)
            .setBudgetSchema(1)
            .setCohort("cohort-" + cohort)
            .setAttributes(List.<Attribute>of())
            .setLayerCount(LAYERS)
            .setFactoryTerms(Policies.DEFAULT.getQuiet())
            .setBudgetVersion(0)
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
    layer.put("saturatedX", seen / 8);
    layer.put("totalX", seen * 64);
    layer.put("totalE", seen * 32);
    return layer;
  }

  /**
   * The device's report with this sequence number; sums since boot, so all lower ones are in it.
   */
  public static byte[] report(int index, int sequence) {
    return REPORTS.encode(value(index, sequence));
  }

  /** What {@link #report} encodes. */
  static TrainingReport value(int index, int sequence) {
    long seen = (long) sequence * SAMPLES;
    // Wrong windows are spread by a multiplicative hash, so that devices differ but nobody drifts.
    long wrong = seen / 20 + ((index * 2_654_435_761L + sequence * 40_503L) >>> 7 & 1);
    LayerCounters layer = layer(seen);
    return TrainingReport.newBuilder()
        .setDevice(device(index))
        .setBootCounter(1)
        .setBootNonce(index)
        .setSequence(sequence)
        .setUptimeMs(sequence * 2000L)
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
        .build();
  }
}

package io.fqtfleet.programs.bench;

import io.fqtfleet.schemas.LayerCounters;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireCodec;
import java.util.Arrays;
import java.util.Random;

/**
 * The reports of {@link FleetRecords} with the noise that so few windows have in every signal, so
 * that references can be learnt and nobody drifts. The same every time.
 */
final class CalmFleet {
  private static final int SAMPLES = FleetRecords.SAMPLES;
  private static final int INPUTS = 512;
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);

  /** Sums since boot of one device. */
  private static final class Sums {
    int sequence;
    long wrong;
    long loss;
    long gradient;
    long confidence;
    long input;
    long inputSquares;
    long saturated;
  }

  private final Random random = new Random(1);
  private final Sums[] devices;
  private int wrongOneIn = 20;
  private double confidence = 30e3;

  CalmFleet(int devices) {
    this.devices = new Sums[devices];
    Arrays.setAll(this.devices, d -> new Sums());
  }

  /** From now on a third of all windows is wrong, and the networks doubt. */
  void drift() {
    wrongOneIn = 3;
    confidence = 26e3;
  }

  /** A value around a mean, never below zero. */
  private long noisy(double mean, double deviation) {
    return Math.max(0, Math.round(mean + deviation * random.nextGaussian()));
  }

  /** One more report's windows. */
  private void live(Sums sums) {
    int wrong = 0;
    for (int i = 0; i < SAMPLES; i++) {
      wrong += random.nextInt(wrongOneIn) == 0 ? 1 : 0;
    }
    sums.sequence++;
    sums.wrong += wrong;
    sums.loss += noisy(wrong * 8000 + (SAMPLES - wrong) * 300, 1500);
    sums.gradient += noisy(SAMPLES * 5e6, SAMPLES * 8e5);
    sums.confidence += noisy(SAMPLES * confidence, SAMPLES * 200);
    sums.input += Math.round(SAMPLES * INPUTS * 20 * random.nextGaussian());
    sums.inputSquares += noisy(SAMPLES * INPUTS * 1e6, SAMPLES * INPUTS * 4e4);
    sums.saturated += noisy(SAMPLES * 8, SAMPLES);
  }

  /** The device's next report. */
  byte[] report(int index) {
    Sums sums = devices[index];
    live(sums);
    TrainingReport plain = FleetRecords.value(index, sums.sequence);
    for (LayerCounters layer : plain.getLayers()) {
      layer.put("gradNormSquareSum", sums.gradient);
      layer.put("saturatedX", sums.saturated);
    }
    return REPORTS.encode(
        TrainingReport.newBuilder(plain)
            .setSamplesCorrect(plain.getSamplesSeen() - sums.wrong)
            .setLossSum(sums.loss)
            .setConfidenceSum(sums.confidence)
            .setInputSum(sums.input)
            .setInputSquareSum(sums.inputSquares)
            .build());
  }
}

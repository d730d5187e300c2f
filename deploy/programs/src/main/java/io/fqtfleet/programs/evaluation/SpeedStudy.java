package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.evaluation.Study.Target;
import io.fqtfleet.streams.drift.Detector;
import io.fqtfleet.streams.drift.DeviceLane;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;

/** Time and stored bytes of one update, 100 000 devices in turn on one core. */
final class SpeedStudy {
  private static final int DEVICES = 100_000;
  private static final int WARM_UP = 3_000_000;
  private static final int MEASURED = 10_000_000;
  private static final int SAMPLES = 32;
  private static final double UPDATES_PER_SECOND = 1e6;
  private static final int BYTES = 200;

  /** Takes k errors of a device's report. */
  private interface Lane {
    void observe(int errors, int row);

    int bytes() throws IOException;
  }

  private SpeedStudy() {}

  static Study run(long seed, Workers workers) {
    List<List<Object>> rows = new ArrayList<>();
    double[] ours = measure(d -> deviceLane(), seed);
    rows.add(List.of("device lane", ours[0], ours[1], (int) ours[2]));
    Baselines.DETECTORS.forEach(
        (name, plan) -> {
          double[] got = measure(d -> lane(plan.newDetector()), seed);
          rows.add(List.of(name, got[0], got[1], (int) got[2]));
        });
    workers.say(String.format(Locale.ROOT, "speed: %.2f M updates/s on one core", ours[1] / 1e6));
    Table table =
        new Table(
            "speed",
            "One update of one device, 100 000 devices in turn, one core",
            "Bytes as stored after the last update. Wall time: it differs from run to run.",
            List.of("detector", "ns", "updates/s", "bytes"),
            rows);
    Target target =
        Target.of(
            "T10",
            "100 000 devices on one core",
            ">= 1e6 updates/s, <= 200 bytes per device and metric",
            String.format(Locale.ROOT, "%.2e updates/s, %.0f bytes", ours[1], ours[2]),
            ours[1] >= UPDATES_PER_SECOND && ours[2] <= BYTES,
            "the machine was shared while this ran, or see the table");
    return new Study(List.of(table), List.of(), List.of(target));
  }

  /** ns, updates per second, bytes. */
  private static double[] measure(IntFunction<Lane> factory, long seed) {
    Chance chance = new Chance(seed, 1);
    int[] errors = new int[4096];
    for (int i = 0; i < errors.length; i++) {
      errors[i] = chance.binomial(SAMPLES, 0.2);
    }
    Lane[] lanes = new Lane[DEVICES];
    for (int d = 0; d < DEVICES; d++) {
      lanes[d] = factory.apply(d);
    }
    long began = 0;
    for (int i = 0; i < WARM_UP + MEASURED; i++) {
      if (i == WARM_UP) {
        began = System.nanoTime();
      }
      lanes[i % DEVICES].observe(errors[i & 4095], i);
    }
    double nanos = (double) (System.nanoTime() - began) / MEASURED;
    try {
      return new double[] {nanos, 1e9 / nanos, lanes[0].bytes()};
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }

  private static Lane deviceLane() {
    DeviceLane lane = new DeviceLane();
    DeviceLane.Settings settings = RecordStudy.settings();
    return new Lane() {
      @Override
      public void observe(int errors, int row) {
        lane.observe(errors, SAMPLES, row, settings);
      }

      @Override
      public int bytes() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        lane.write(new DataOutputStream(bytes));
        return bytes.size();
      }
    };
  }

  private static Lane lane(Detector detector) {
    return new Lane() {
      @Override
      public void observe(int errors, int row) {
        detector.addCounts(errors, SAMPLES);
      }

      @Override
      public int bytes() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        detector.write(new DataOutputStream(bytes));
        return bytes.size();
      }
    };
  }
}

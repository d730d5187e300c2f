package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.detect.Contender;
import io.fqtfleet.programs.detect.DetectorCost;
import io.fqtfleet.programs.evaluation.Study.Target;
import io.fqtfleet.programs.report.Table;
import io.fqtfleet.programs.report.Workers;
import io.fqtfleet.streams.drift.DeviceLane;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Time and stored bytes of one update on one core. */
final class SpeedStudy {
  private static final int DEVICES = 100_000;
  private static final int WARM_UP = 3_000_000;
  private static final int MEASURED = 10_000_000;
  private static final int SAMPLES = 32;
  private static final double UPDATES_PER_SECOND = 1e6;
  private static final int BYTES = 200;

  private SpeedStudy() {}

  static Study run(long seed, Workers workers) throws IOException {
    List<List<Object>> rows = new ArrayList<>();
    DeviceLane[] lanes = new DeviceLane[DEVICES];
    double nanos = deviceLanes(lanes, seed);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    lanes[0].write(new DataOutputStream(bytes));
    rows.add(List.of("production's device lane, 100 000 devices in turn", nanos, bytes.size()));
    for (Contender contender : Contender.all()) {
      DetectorCost cost = DetectorCost.measure(contender);
      rows.add(List.of(contender.name(), cost.nanosPerReport(), cost.stateBytes()));
    }
    workers.say(String.format(Locale.ROOT, "speed: %.0f ns per update", nanos));
    Table table =
        new Table(
            "speed",
            "One update with a report of 32 samples, one core",
            "Bytes as stored. The device lane by its thread's processor time, others by wall time.",
            List.of("detector", "ns", "bytes"),
            rows);
    double updates = 1e9 / nanos;
    Target target =
        Target.of(
            "T10",
            "100 000 devices, updates on one core",
            ">= 1e6 per second, <= 200 bytes per device and metric",
            String.format(Locale.ROOT, "%.2e per second, %d bytes", updates, bytes.size()),
            updates >= UPDATES_PER_SECOND && bytes.size() <= BYTES,
            "see the table; processor time too grows while other programs share the caches");
    return new Study(List.of(table), List.of(), List.of(target));
  }

  private static double deviceLanes(DeviceLane[] lanes, long seed) {
    Chance chance = new Chance(seed, 1);
    int[] errors = new int[4096];
    for (int i = 0; i < errors.length; i++) {
      errors[i] = chance.binomial(SAMPLES, 0.2);
    }
    DeviceLane.Settings settings = RecordStudy.settings();
    for (int d = 0; d < lanes.length; d++) {
      lanes[d] = new DeviceLane();
    }
    // What other programs take of the machine is not this thread's time.
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    long began = 0;
    for (int i = 0; i < WARM_UP + MEASURED; i++) {
      if (i == WARM_UP) {
        began = clock.getCurrentThreadCpuTime();
      }
      lanes[i % DEVICES].observe(errors[i & 4095], SAMPLES, i, settings);
    }
    return (double) (clock.getCurrentThreadCpuTime() - began) / MEASURED;
  }
}

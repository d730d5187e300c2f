package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.drift.DeviceLane;
import io.fqtfleet.streams.drift.Thresholds;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.ReportEvidence;
import io.fqtfleet.streams.state.StatusEvidence;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/** Measures detectors and decisions on one core; prints the README's figures. */
public final class DetectorSpeed {
  private static final int WARM_UP = 3_000_000;
  private static final int MEASURED = 20_000_000;

  private DetectorSpeed() {}

  public static void main(String[] args) throws IOException {
    updates();
    for (int devices : new int[] {200, 10_000, 100_000}) {
      rounds(devices);
    }
  }

  private static void updates() throws IOException {
    Random random = new Random(1);
    int[] errors = random.ints(4096, 0, 4).toArray();
    DeviceLane.Settings settings = Thresholds.of(1, 2000, 200, 50).lane(16, 8);
    DeviceLane[] lanes = new DeviceLane[1000];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = new DeviceLane();
    }
    long start = 0;
    for (int i = 0; i < WARM_UP + MEASURED; i++) {
      if (i == WARM_UP) {
        start = System.nanoTime();
      }
      lanes[i % lanes.length].observe(errors[i & 4095], 20, i, settings);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    lanes[0].write(new DataOutputStream(bytes));
    System.out.printf(
        "device lane: %.1f M updates/s on one core, %d bytes stored%n",
        MEASURED / seconds / 1e6, bytes.size());
  }

  private static void rounds(int devices) {
    Random random = new Random(2);
    Policy policy = Policy.newBuilder(Policies.DEFAULT).setVersion(1).build();
    CohortCard cohort = new CohortCard();
    TreeMap<String, DeviceCard> cards = new TreeMap<>();
    int count = 2_000_000 / devices;
    long nanos = 0;
    for (int round = 1; round <= count; round++) {
      List<CohortEvent> events = new ArrayList<>();
      for (int d = 0; d < devices; d++) {
        Object body =
            round == 1 ? new StatusEvidence(true, 1, 0L) : report(round, random.nextInt(3));
        events.add(new CohortEvent("c", "d" + d, round * 2000L - 1, body));
      }
      long start = System.nanoTime();
      CohortRound.decide(
          new CohortRound.Closed("c", round * 2000L, 2000, devices, policy), cohort, cards, events);
      nanos += round > count / 4 ? System.nanoTime() - start : 0;
    }
    int bytes = cards.firstEntry().getValue().toBytes().length;
    System.out.printf(
        "a round of %d devices: decided in %.2f ms (%.2f M devices/s), card of %d bytes%n",
        devices,
        nanos / 1e6 / (count - count / 4),
        devices * (count - count / 4) / (nanos / 1e9) / 1e6,
        bytes);
  }

  private static ReportEvidence report(int sequence, int errors) {
    return ReportEvidence.newBuilder()
        .setBootCounter(1)
        .setSequence(sequence)
        .setSinceMs(0)
        .setSamplesSeen(20)
        .setSamplesLabelled(20)
        .setSamplesCorrect(20 - errors)
        .setSamplesTrained(0)
        .setLossSum(0)
        .setGradNormSquareSum(0)
        .setGradSamples(0)
        .setConfidenceSum(0)
        .setInputCount(10_240)
        .setInputSum(0)
        .setInputSquareSum(1_000_000)
        .setInputMin(-9)
        .setInputMax(9)
        .setMacsForward(0)
        .setMacsBackward(0)
        .setEnergyMicroJoule(0)
        .setBudgetVersion(1)
        .setReportsLost(0)
        .setReportsDropped(0)
        .build();
  }
}

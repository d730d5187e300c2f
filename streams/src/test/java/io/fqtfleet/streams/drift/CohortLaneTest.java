package io.fqtfleet.streams.drift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.streams.drift.CohortSignals.Member;
import io.fqtfleet.streams.drift.CohortSignals.Signals;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Cohorts as the demo has them: 20 labelled samples per device and round. */
class CohortLaneTest {
  private static final int SAMPLES = 20;

  /** A cohort of lanes, driven round by round. */
  private static final class Cohort {
    final Thresholds thresholds;
    final DeviceLane.Settings settings;
    final Random random;
    final double[] error;
    final DeviceLane[] lanes;
    final double[] past;
    final CohortLane lane = new CohortLane();
    int round;

    Cohort(int devices, double error, long seed) {
      thresholds = Thresholds.of(1, 2000, 4L * devices, devices);
      settings = thresholds.lane(16, 8);
      random = new Random(seed);
      this.error = new double[devices];
      lanes = new DeviceLane[devices];
      past = new double[devices];
      for (int i = 0; i < devices; i++) {
        this.error[i] = error * (0.5 + random.nextDouble());
        lanes[i] = new DeviceLane();
      }
    }

    /** Runs one round; true if the cohort's evidence reached the threshold. */
    boolean step() {
      List<Member> members = new ArrayList<>();
      long[] errors = new long[lanes.length];
      for (int i = 0; i < lanes.length; i++) {
        for (int s = 0; s < SAMPLES; s++) {
          errors[i] += random.nextDouble() < error[i] ? 1 : 0;
        }
        members.add(new Member("d" + i, errors[i], SAMPLES, lanes[i], past[i], false));
      }
      double logInverseBeta = thresholds.logInverseBetaCohort();
      CohortPool pool = CohortSignals.pool(members, settings);
      CohortSignals.Tested tested = CohortSignals.test(members, pool, settings, logInverseBeta, 0);
      Signals signals = CohortSignals.of(pool, tested.moves(), logInverseBeta);
      lane.observe(signals.counted(), signals.sum(), round * 2000L, true);
      double[] residuals = tested.residuals();
      EvidenceSum logs = new EvidenceSum();
      for (int i = 0; i < lanes.length; i++) {
        lanes[i].observe(errors[i], SAMPLES, round * 2000L, settings);
        logs.add(lanes[i].logEvidence());
        if (!Double.isNaN(residuals[i])) {
          past[i] = 0.8 * past[i] + 0.2 * Math.max(-3, residuals[i]);
        }
      }
      round++;
      double both = LogSpace.add(logs.trimmedMean(), lane.logEvidence());
      return both - Math.log(2) >= thresholds.logCohort();
    }

    int roundsUntilAlarm(int most) {
      for (int i = 1; i <= most; i++) {
        if (step()) {
          return i;
        }
      }
      return most + 1;
    }
  }

  @Test
  void aQuietCohortRaisesNoAlarmInManyRounds() {
    for (long seed = 1; seed <= 4; seed++) {
      Cohort cohort = new Cohort(50, 0.05, seed);
      assertEquals(2001, cohort.roundsUntilAlarm(2000), "seed " + seed);
    }
  }

  @Test
  void oneBrokenDeviceNeverRaisesACohortAlarm() {
    for (long seed = 1; seed <= 5; seed++) {
      for (int devices : new int[] {10, 50}) {
        for (double broken : new double[] {0.15, 0.3, 0.7, 1.0}) {
          Cohort cohort = new Cohort(devices, 0.05, seed);
          cohort.roundsUntilAlarm(20);
          cohort.error[3] = broken;
          String story = "seed " + seed + ", " + devices + " devices, error " + broken;
          assertEquals(201, cohort.roundsUntilAlarm(200), story);
        }
      }
    }
  }

  @Test
  void aDriftOfAllDevicesIsFoundInAFewRoundsAfterAShortWarmUp() {
    for (long seed = 1; seed <= 50; seed++) {
      for (int devices : new int[] {5, 10, 50}) {
        Cohort cohort = new Cohort(devices, 0.05, seed);
        cohort.roundsUntilAlarm(20);
        java.util.Arrays.fill(cohort.error, 0.4);
        int needed = cohort.roundsUntilAlarm(30);
        assertTrue(
            needed <= (devices < 10 ? 4 : 3),
            "seed " + seed + ", " + devices + " devices: " + needed);
      }
    }
  }

  @Test
  void allDevicesALittleWorseAreFoundAlthoughNoneStandsOut() {
    int total = 0;
    for (long seed = 1; seed <= 20; seed++) {
      Cohort cohort = new Cohort(50, 0.05, seed);
      cohort.roundsUntilAlarm(400);
      for (int i = 0; i < cohort.error.length; i++) {
        cohort.error[i] += 0.03;
      }
      total += cohort.roundsUntilAlarm(60);
    }
    assertTrue(total / 20.0 <= 5, "mean rounds " + total / 20.0);
  }

  @Test
  void aFifthOfTheDevicesIsEnough() {
    for (long seed = 1; seed <= 20; seed++) {
      Cohort cohort = new Cohort(50, 0.05, seed);
      cohort.roundsUntilAlarm(100);
      for (int i = 0; i < 10; i++) {
        cohort.error[i] = 0.4;
      }
      int needed = cohort.roundsUntilAlarm(60);
      assertTrue(needed <= 6, "seed " + seed + ": " + needed);
    }
  }
}

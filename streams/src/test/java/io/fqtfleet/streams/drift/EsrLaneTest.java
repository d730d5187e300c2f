package io.fqtfleet.streams.drift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the e-detectors promise: their definition, their validity, and that they find changes. */
class EsrLaneTest {
  private static final int J = Likelihood.ALTERNATIVES;

  private static EsrLane known(boolean cusum) {
    return new EsrLane(
        new EsrLane.Settings(0, 1, Math.log(1e9), EsrLane.Direction.UP, cusum),
        BernoulliLikelihood.known(0.2));
  }

  /** Σ over starts, or the largest over starts, of the product of the factors since then. */
  private static double bruteForce(double[] values, int until, boolean cusum) {
    double[] up = new double[J];
    double[] down = new double[J];
    double mean = 0;
    BernoulliLikelihood likelihood = BernoulliLikelihood.known(0.2);
    for (int j = 0; j < J; j++) {
      double total = 0;
      for (int start = 0; start <= until; start++) {
        double product = 1;
        for (int i = start; i <= until; i++) {
          likelihood.factors(values[i], 1, up, down);
          product *= up[j];
        }
        total = cusum ? Math.max(total, product) : total + product;
      }
      mean += total / J;
    }
    return mean;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theRecursionEqualsItsDefinition(boolean cusum) {
    Random random = new Random(1);
    double[] values = random.doubles(40).map(u -> u < 0.4 ? 1 : 0).toArray();
    EsrLane lane = known(cusum);
    for (int i = 0; i < values.length; i++) {
      lane.observe(values[i], 1);
      double expected = bruteForce(values, i, cusum);
      assertEquals(expected, lane.evidence(), 1e-9 * expected, "row " + i);
    }
  }

  @Test
  void aReportOfManySamplesIsTheProductOfItsSamples() {
    double[] once = new double[J];
    double[] miss = new double[J];
    double[] batch = new double[J];
    double[] down = new double[J];
    BernoulliLikelihood likelihood = BernoulliLikelihood.known(0.1);
    likelihood.factors(1, 1, once, down);
    likelihood.factors(0, 1, miss, down);
    likelihood.factors(3, 10, batch, down);
    for (int j = 0; j < J; j++) {
      double expected = Math.pow(once[j], 3) * Math.pow(miss[j], 7);
      assertEquals(expected, batch[j], 1e-12 * expected);
    }
  }

  /** Every factor has expectation at most 1 for every mean within the bounds. */
  @Test
  void noFactorFavoursAnAlarmBelowTheBound() {
    double[] hitUp = new double[J];
    double[] missUp = new double[J];
    double[] hitDown = new double[J];
    double[] missDown = new double[J];
    for (int errors = 0; errors <= 60; errors++) {
      Moments reference = new Moments();
      for (int i = 0; i < 60; i++) {
        reference.add(i < errors ? 1 : 0, 1);
      }
      for (Likelihood likelihood :
          new Likelihood[] {new BernoulliLikelihood(4.6), new BoundedLikelihood(4.6)}) {
        likelihood.learn(reference);
        likelihood.factors(1, 1, hitUp, hitDown);
        likelihood.factors(0, 1, missUp, missDown);
        double high = likelihood.upper();
        double low = likelihood.lower();
        assertTrue(low <= errors / 60.0 && errors / 60.0 <= high, errors + " errors");
        for (int j = 0; j < J; j++) {
          assertTrue(high * hitUp[j] + (1 - high) * missUp[j] <= 1 + 1e-9, errors + " up " + j);
          assertTrue(low * hitDown[j] + (1 - low) * missDown[j] <= 1 + 1e-9, errors + " down " + j);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"e-sr", "e-sr-bounded", "e-cusum"})
  void aStreamThatNeverVariesNeverAlarms(String name) {
    for (double value : new double[] {0, 1}) {
      Detector detector = DetectorPlan.of(name, Map.of("arl", "1000")).newDetector();
      for (int i = 0; i < 20_000; i++) {
        assertTrue(!detector.add(value), name + " alarms at row " + i + " of constant " + value);
      }
    }
  }

  private static int falseAlarms(String name, double arl, int rows, boolean gaussian) {
    Random random = new Random(7);
    Map<String, String> settings = Map.of("arl", "" + arl, "latch", "0");
    Detector detector = DetectorPlan.of(name, settings).newDetector();
    int alarms = 0;
    for (int i = 0; i < rows; i++) {
      double value = gaussian ? 5 + 3 * random.nextGaussian() : random.nextDouble() < 0.2 ? 1 : 0;
      alarms += detector.add(value) ? 1 : 0;
    }
    return alarms;
  }

  @Test
  void onStationaryStreamsAlarmsAreRarerThanPromised() {
    int rows = 500_000;
    for (String name : new String[] {"e-sr", "e-sr-bounded", "e-cusum", "e-sr-gaussian"}) {
      int alarms = falseAlarms(name, 1e4, rows, name.equals("e-sr-gaussian"));
      assertTrue(alarms <= rows / 1e4, name + ": " + alarms + " alarms, seed 7");
    }
  }

  @Test
  void changesOfEveryKindOfValueAreFoundWithTheirOnset() {
    Random random = new Random(11);
    for (String name : new String[] {"e-sr", "e-sr-bounded", "e-cusum", "e-sr-gaussian"}) {
      Detector detector = DetectorPlan.of(name, Map.of()).newDetector();
      int alarm = -1;
      for (int i = 0; i < 1000 && alarm < 0; i++) {
        double mean = i < 500 ? 0.2 : 0.7;
        double value =
            switch (name) {
              case "e-sr-bounded" -> Math.max(0, Math.min(1, mean + 0.1 * random.nextGaussian()));
              case "e-sr-gaussian" -> mean + 0.3 * random.nextGaussian();
              default -> random.nextDouble() < mean ? 1 : 0;
            };
        alarm = detector.add(value) ? i : -1;
      }
      assertTrue(alarm >= 500 && alarm < 540, name + " alarms at " + alarm + ", seed 11");
      assertTrue(Math.abs(detector.onset() - 500) <= 8, name + " onset " + detector.onset());
      assertTrue(detector.statistic() >= detector.threshold(), name);
    }
  }

  @Test
  void directionsMirrorEachOther() {
    Random random = new Random(13);
    Detector up = DetectorPlan.of("e-sr", Map.of()).newDetector();
    Detector down = DetectorPlan.of("e-sr", Map.of("direction", "down")).newDetector();
    Detector both = DetectorPlan.of("e-sr", Map.of("direction", "both")).newDetector();
    int upAlarm = -1;
    int downAlarm = -1;
    int bothAlarms = 0;
    for (int i = 0; i < 3000; i++) {
      double value = random.nextDouble() < (i < 1500 ? 0.2 : 0.6) ? 1 : 0;
      upAlarm = up.add(value) ? i : upAlarm;
      downAlarm = down.add(1 - value) ? i : downAlarm;
      bothAlarms += both.add(value) ? 1 : 0;
    }
    assertTrue(upAlarm > 1500, "seed 13");
    assertEquals(upAlarm, downAlarm);
    assertEquals(1, bothAlarms);
  }
}

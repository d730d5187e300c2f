package io.fqtfleet.streams.drift;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Our detectors raise the alarms that other implementations publish for the same streams.
 *
 * <p>River: drift/test_drift_detectors.py, drift/test_adwin_regression.py and the detectors'
 * documentation. CapyMOA: the detectors' documentation. MOA 2024.07.0: run once beside ours; what
 * is kept here are its alarms on its own AbruptChangeGenerator. The streams of the two Python
 * libraries come from Python's generators, so their values are stored, one digit each.
 */
class PublishedVectorsTest {
  private static double[] stored(String name) throws IOException {
    try (InputStream in = PublishedVectorsTest.class.getResourceAsStream("/drift/" + name)) {
      String digits = new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip();
      return digits.chars().mapToDouble(c -> c - '0').toArray();
    }
  }

  /** MOA's AbruptChangeGenerator, period 2000; it counts from 1. */
  private static double[] abrupt(long seed) {
    Random random = new Random(seed);
    double[] values = new double[10_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextDouble() <= ((i + 1) % 2000 < 1000 ? 0.2 : 0.8) ? 1 : 0;
    }
    return values;
  }

  private static List<Integer> alarms(String name, Map<String, String> settings, double[] values) {
    Detector detector = DetectorPlan.of(name, settings).newDetector();
    List<Integer> alarms = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      if (detector.add(values[i])) {
        alarms.add(i);
      }
    }
    return alarms;
  }

  private static Map<String, String> settings(String text) {
    Map<String, String> settings = new java.util.HashMap<>();
    for (String pair : text == null ? new String[0] : text.split(";")) {
      settings.put(pair.split("=")[0], pair.split("=")[1]);
    }
    return settings;
  }

  @ParameterizedTest
  @CsvSource({
    "adwin-river, , river-levels.txt, [1023]",
    "adwin-river, , river-multi.txt, '[1023, 2015, 3007]'",
    "adwin-river, cuts=older, river-levels.txt, [1055]",
    "adwin-river, , river-doc.txt, [1023]",
    "page-hinkley-river, , river-doc.txt, [1006]",
    "page-hinkley-river, , river-levels.txt, '[1020, 1991]'",
    "hddm-a, fall=ignored, river-errors.txt, [1047]",
    "hddm-a, fall=alarms, river-four-parts.txt, '[531, 1015, 1545]'",
    "hddm-a, fall=ignored, river-binary.txt, [1206]",
    "ddm, warmup=31, river-binary.txt, [1334]",
    "adwin, delta=0.001, capymoa-doc.txt, '[1023, 1055]'",
    "page-hinkley, , capymoa-doc.txt, '[1014, 1685]'",
  })
  void alarmsOfRiverAndCapyMoa(String name, String settings, String stream, String expected)
      throws IOException {
    assertEquals(expected, alarms(name, settings(settings), stored(stream)).toString());
  }

  @ParameterizedTest
  @CsvSource({
    "adwin, , '[1055, 1087, 1215, 3039, 3071, 3167, 5055, 7071, 7103, 7455, 9055, 9087, 9247]'",
    "page-hinkley, , [1090]",
    "cusum, , '[1082, 3173, 5174, 7167, 9177]'",
    "hddm-a, , '[1026, 3007, 5015, 7012, 9013]'",
    "ddm, , '[1062, 3158, 5150, 7154, 9151]'",
    "stepd, direction=both, '[1008, 2005, 3007, 4010, 4895, 5005, 6005, 7015, 8011, 9015]'",
  })
  void alarmsOfMoaOnItsFirstStream(String name, String settings, String expected) {
    assertEquals(expected, alarms(name, settings(settings), abrupt(1)).toString());
  }

  /** Number of alarms on seeds 1-30, and Java's list hash over all of them in order. */
  @ParameterizedTest
  @CsvSource({
    "adwin, , 415, 7770070848767247871",
    "page-hinkley, , 30, -2910157852486987",
    "cusum, , 150, 1160788617803648442",
    "hddm-a, , 154, 4543329838812493235",
    "ddm, , 159, 8244376569952648426",
    "stepd, direction=both, 350, -2888079942802667991",
  })
  void everyAlarmOfMoaOnThirtyStreams(String name, String settings, int count, long hash) {
    int alarms = 0;
    long sum = 0;
    for (long seed = 1; seed <= 30; seed++) {
      for (int row : alarms(name, settings(settings), abrupt(seed))) {
        alarms++;
        sum = 31 * sum + row;
      }
    }
    assertEquals(count, alarms);
    assertEquals(hash, sum);
  }

  @Test
  void adwinKeepsSumWidthAndVarianceExactly() {
    // As test_sequence_exact_statistics of River: never a search, 200 values i mod 7.
    Adwin adwin = new Adwin(Adwin.Reading.RIVER, 0.002, 1_000_000);
    double sum = 0;
    for (int i = 0; i < 200; i++) {
      adwin.add(i % 7);
      sum += i % 7;
    }
    double squares = 0;
    for (int i = 0; i < 200; i++) {
      squares += (i % 7 - sum / 200) * (i % 7 - sum / 200);
    }
    assertEquals(200, adwin.width());
    assertEquals(sum, adwin.sum());
    assertEquals(squares, adwin.squares(), 1e-6 * squares);
  }

  @Test
  void normalIncrementsAreThoseOfStcpR6() {
    // N(0, 1) against λ = 1: observations 1, 3, 2 sum to 0.5, 3.0, 4.5.
    GaussianLikelihood normal = GaussianLikelihood.known(0, 1, 100);
    double[] up = new double[Likelihood.ALTERNATIVES];
    double[] down = new double[Likelihood.ALTERNATIVES];
    double sum = 0;
    double[] expected = {0.5, 3.0, 4.5};
    double[] observations = {1, 3, 2};
    for (int i = 0; i < 3; i++) {
      normal.factors(observations[i], 1, up, down);
      sum += Math.log(up[2]);
      assertEquals(expected[i], sum, 1e-12);
    }
    // Three values at once, by their average, are worth the same.
    normal.factors(6, 3, up, down);
    assertEquals(4.5, Math.log(up[2]), 1e-12);
  }
}

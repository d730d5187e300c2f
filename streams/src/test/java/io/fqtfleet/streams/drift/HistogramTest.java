package io.fqtfleet.streams.drift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Summaries of the parts of a cohort add up to that of the whole, whatever the parts. */
class HistogramTest {
  private static final double LOW = -8;
  private static final double WIDTH = 0.5;

  private static double[] bell(int count, double mean, Random random) {
    return random.doubles(count).map(x -> mean + random.nextGaussian()).toArray();
  }

  private static Histogram of(double... values) {
    Histogram histogram = new Histogram(LOW, WIDTH);
    Arrays.stream(values).forEach(histogram::add);
    return histogram;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return 0.5 * (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]);
  }

  @Test
  void anyPartsInAnyOrderAddUpToTheSameBits() {
    for (long seed = 1; seed <= 20; seed++) {
      Random random = new Random(seed);
      double[] values = bell(1 + random.nextInt(400), 4 * random.nextGaussian(), random);
      Histogram whole = of(values);
      EvidenceSum evidence = new EvidenceSum();
      Arrays.stream(values).forEach(v -> evidence.add(3 * v));
      List<Histogram> parts = new ArrayList<>();
      List<EvidenceSum> sums = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        parts.add(new Histogram(LOW, WIDTH));
        sums.add(new EvidenceSum());
      }
      for (double value : values) {
        int part = random.nextInt(16);
        parts.get(part).add(value);
        sums.get(part).add(3 * value);
      }
      Histogram merged = new Histogram(LOW, WIDTH);
      EvidenceSum mergedEvidence = new EvidenceSum();
      while (!parts.isEmpty()) {
        int next = random.nextInt(parts.size());
        merged.merge(parts.remove(next));
        mergedEvidence.merge(sums.remove(next));
      }
      String story = "seed " + seed + ", " + values.length + " numbers";
      assertEquals(whole.count(), merged.count(), story);
      assertEquals(whole.sum(), merged.sum(), story);
      assertEquals(whole.median(), merged.median(), story);
      for (double share : new double[] {0.05, 0.5, 0.95, 1}) {
        assertEquals(whole.quantile(share), merged.quantile(share), story);
      }
      assertEquals(evidence.trimmedMean(), mergedEvidence.trimmedMean(), story);
    }
  }

  @Test
  void fewNumbersHaveTheirExactMedianAndManyOneWithinItsStatedError() {
    double worst = 0;
    for (long seed = 1; seed <= 200; seed++) {
      Random random = new Random(seed);
      double[] few = bell(1 + random.nextInt(Histogram.FEW), 0, random);
      assertEquals(median(few), of(few).median(), "seed " + seed);
      double[] many = bell(1000, 4 * random.nextDouble() - 2, random);
      worst = Math.max(worst, Math.abs(median(many) - of(many).median()));
      double[] lumps = random.ints(1000, -3, 3).mapToDouble(i -> i + 0.2).toArray();
      double off = Math.abs(median(lumps) - of(lumps).median());
      assertTrue(off <= WIDTH, "lumps: " + off + ", seed " + seed);
    }
    assertTrue(worst < WIDTH / 10, "a bell's median is off by " + worst);
  }

  @Test
  void sumsAndMeansAreThoseOfAllNumbersAlsoBeyondTheBins() {
    Histogram histogram = of(-20, 0.25, 30);
    assertEquals(10.25, histogram.sum());
    assertEquals(3, histogram.count());
    assertEquals(0.25, histogram.median());
    assertEquals(Double.NaN, of().median());
    assertThrows(
        IllegalArgumentException.class, () -> histogram.merge(new Histogram(LOW, WIDTH / 2)));
  }

  @Test
  void theTrimmedMeanOfManyIsBetweenTheTrueOneAndTheMeanOfAll() {
    for (long seed = 1; seed <= 50; seed++) {
      Random random = new Random(seed);
      double[] logs = random.doubles(1000).map(x -> 4 * random.nextGaussian() - 1).toArray();
      logs[0] = 60;
      logs[1] = Double.NEGATIVE_INFINITY;
      EvidenceSum sum = new EvidenceSum();
      Arrays.stream(logs).forEach(sum::add);
      Arrays.sort(logs);
      double trimmed = LogSpace.sum(logs, 950) - Math.log(1000);
      double found = sum.trimmedMean();
      String story = "seed " + seed + ": " + trimmed + " became " + found;
      assertTrue(found >= trimmed - 1e-6 && found <= LogSpace.mean(logs), story);
      assertTrue(found <= trimmed + 1, story);
    }
  }

  @Test
  void theForemostOfPartsAreTheForemostOfAll() {
    Random random = new Random(7);
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      all.add(i);
    }
    java.util.Collections.shuffle(all, random);
    Foremost<Integer> merged = new Foremost<>(java.util.Comparator.naturalOrder(), 7);
    for (int from = 0; from < 100; from += 10) {
      Foremost<Integer> part = new Foremost<>(java.util.Comparator.naturalOrder(), 7);
      all.subList(from, from + 10).forEach(part::add);
      merged.merge(part);
    }
    assertEquals(List.of(0, 1, 2, 3, 4, 5), merged.first(6, java.util.Comparator.naturalOrder()));
    // Nothing tells 4 and 5 apart, so neither is taken when one would have to be.
    assertEquals(
        List.of(0, 1, 2, 3), merged.first(5, java.util.Comparator.comparingInt(i -> i / 2)));
  }
}

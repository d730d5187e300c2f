package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.evaluation.Scoring.Judged;
import io.fqtfleet.programs.evaluation.Scoring.Score;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One method's scores over the runs of one scenario. The definitions, frozen here:
 *
 * <ul>
 *   <li><b>Precision</b> = hits / (hits + false alarms), <b>recall</b> = hits / changes, <b>F1</b>
 *       = their harmonic mean, over all runs together. NaN without a change.
 *   <li><b>MDR</b> = missed changes / changes.
 *   <li><b>ARL0</b> = device-rounds / false alarms, with the exact 95 % interval of a Poisson count
 *       (Garwood 1936): the upper end is infinite without a false alarm.
 *   <li><b>MTFA</b> = rounds of the simulated fleet / false alarms; with 0 or 1 of them the rounds
 *       themselves, a lower bound.
 *   <li><b>False alerts per device-day</b> and <b>per fleet-day</b>: of the simulated fleet.
 *   <li><b>Alert volume</b> = alarms that touch a change in its time / changes that were hit.
 *   <li><b>Delays</b>: percentiles by nearest rank over hits.
 * </ul>
 */
final class Metrics {
  private final DriftScenario scenario;
  final String method;
  int runs;
  int changes;
  int hits;
  int falseAlarms;
  int repeats;
  int touching;
  long deviceRounds;
  long rounds;
  private final List<Integer> delays = new ArrayList<>();
  private final List<Double> onsetErrors = new ArrayList<>();

  /** Truth's kind, then raised kind, then how often. */
  final Map<String, Map<String, Integer>> confusion = new TreeMap<>();

  Metrics(DriftScenario scenario, String method) {
    this.scenario = scenario;
    this.method = method;
  }

  void add(Score score) {
    add(score, scenario.rounds());
  }

  /**
   * @param scored rounds in which alarms were counted
   */
  void add(Score score, int scored) {
    runs++;
    rounds += scored;
    deviceRounds += (long) scored * scenario.cohorts() * scenario.devices();
    falseAlarms += score.falseAlarms().size();
    for (Judged judged : score.truths()) {
      changes++;
      count(judged.truth().kind().name(), judged.verdict());
      if (judged.delay() > 0) {
        hits++;
        touching += judged.alarms();
        repeats += judged.alarms() - 1;
        delays.add(judged.delay());
        if (!Double.isNaN(judged.onsetError())) {
          onsetErrors.add(judged.onsetError());
        }
      }
    }
    score.quietVerdicts().forEach(verdict -> count(Scoring.NONE, verdict));
  }

  private void count(String truth, String raised) {
    confusion.computeIfAbsent(truth, t -> new TreeMap<>()).merge(raised, 1, Integer::sum);
  }

  DriftScenario scenario() {
    return scenario;
  }

  double precision() {
    return changes == 0 || hits + falseAlarms == 0
        ? Double.NaN
        : (double) hits / (hits + falseAlarms);
  }

  double recall() {
    return changes == 0 ? Double.NaN : (double) hits / changes;
  }

  double f1() {
    double both = precision() + recall();
    return hits == 0 && changes > 0 ? 0 : 2 * precision() * recall() / both;
  }

  double missed() {
    return 1 - recall();
  }

  double meanDelay() {
    return delays.stream().mapToInt(d -> d).average().orElse(Double.NaN);
  }

  double delay(double share) {
    return percentile(delays.stream().mapToDouble(d -> d).toArray(), share);
  }

  int[] delays() {
    return delays.stream().mapToInt(d -> d).sorted().toArray();
  }

  double onsetError(double share) {
    return percentile(onsetErrors.stream().mapToDouble(e -> e).toArray(), share);
  }

  double meanAbsoluteOnsetError() {
    return onsetErrors.stream().mapToDouble(Math::abs).average().orElse(Double.NaN);
  }

  double volume() {
    return hits == 0 ? Double.NaN : (double) touching / hits;
  }

  double meanTimeToFalseAlarm() {
    return (double) rounds / Math.max(1, falseAlarms);
  }

  double perDeviceDay() {
    return falseAlarms / ((double) deviceRounds / DriftScenario.ROUNDS_PER_DAY);
  }

  double perFleetDay() {
    return falseAlarms / ((double) rounds / DriftScenario.ROUNDS_PER_DAY);
  }

  /** Device-rounds per false alarm: low end, estimate, high end. */
  double[] runLength() {
    double[] count = poissonInterval(falseAlarms);
    return new double[] {
      deviceRounds / count[1],
      falseAlarms == 0 ? Double.POSITIVE_INFINITY : (double) deviceRounds / falseAlarms,
      count[0] == 0 ? Double.POSITIVE_INFINITY : deviceRounds / count[0]
    };
  }

  static double percentile(double[] values, double share) {
    if (values.length == 0) {
      return Double.NaN;
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int rank = (int) Math.ceil(share * sorted.length);
    return sorted[Math.max(0, rank - 1)];
  }

  /** The means between which a Poisson count lies with 95 %: both tails have 2.5 %. */
  static double[] poissonInterval(long count) {
    double low = count == 0 ? 0 : solve(count - 1, 0.975);
    return new double[] {low, solve(count, 0.025)};
  }

  /** The mean at which P(at most n) equals the given probability. */
  private static double solve(long n, double probability) {
    double low = 0;
    double high = n + 10 * Math.sqrt(n + 1.0) + 20;
    for (int i = 0; i < 100; i++) {
      double middle = 0.5 * (low + high);
      if (poissonAtMost(n, middle) > probability) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  private static double poissonAtMost(long n, double mean) {
    double log = -mean;
    double sum = Math.exp(log);
    for (long i = 1; i <= n; i++) {
      log += Math.log(mean / i);
      sum += Math.exp(log);
    }
    return Math.min(1, sum);
  }
}

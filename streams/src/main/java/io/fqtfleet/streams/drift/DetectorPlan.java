package io.fqtfleet.streams.drift;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A detector as an operator chose and set it, checked; makes any number of equal detectors.
 *
 * @param settings every key of the kind with its value
 */
public record DetectorPlan(DetectorKind kind, Map<String, String> settings) {
  /** What a Page-Hinkley sum keeps per row, as published. */
  private static final double SLOW_MEMORY = 0.9999;

  /**
   * What is wrong with a choice, one sentence each with value, rule and remedy; empty if nothing.
   *
   * @param name of a detector, or an alias
   * @param chosen settings that differ from the defaults
   */
  public static List<String> problems(String name, Map<String, String> chosen) {
    Optional<DetectorKind> kind = find(name);
    if (kind.isEmpty()) {
      String known =
          Arrays.stream(DetectorKind.values())
              .map(DetectorKind::label)
              .collect(Collectors.joining(", "));
      return List.of("detector '%s' is unknown; known are %s".formatted(name, known));
    }
    List<String> problems = new ArrayList<>();
    chosen.forEach((key, value) -> check(kind.get(), key, value, problems));
    if (problems.isEmpty() && kind.get() == DetectorKind.E_SR_GAUSSIAN) {
      boolean mean = !"learnt".equals(chosen.getOrDefault("mean", "learnt"));
      boolean sd = !"learnt".equals(chosen.getOrDefault("sd", "learnt"));
      if (mean != sd) {
        problems.add("e-sr-gaussian: mean and sd are both learnt or both given; give the other");
      }
    }
    return problems;
  }

  private static void check(DetectorKind kind, String key, String value, List<String> problems) {
    Optional<DetectorSetting> setting =
        kind.settings().stream().filter(s -> s.key().equals(key)).findFirst();
    if (setting.isEmpty()) {
      String known =
          kind.settings().stream().map(DetectorSetting::key).collect(Collectors.joining(", "));
      problems.add("%s: key '%s' is unknown; known are %s".formatted(kind.label(), key, known));
      return;
    }
    String problem = setting.get().problem(value);
    if (problem != null) {
      problems.add(kind.label() + ": " + problem);
    }
  }

  /**
   * A checked choice.
   *
   * @throws IllegalArgumentException with all problems, if there are any
   */
  public static DetectorPlan of(String name, Map<String, String> chosen) {
    List<String> problems = problems(name, chosen);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
    DetectorKind kind = find(name).orElseThrow();
    Map<String, String> all = new LinkedHashMap<>();
    for (DetectorSetting setting : kind.settings()) {
      all.put(setting.key(), chosen.getOrDefault(setting.key(), setting.fallback()));
    }
    return new DetectorPlan(kind, all);
  }

  private static Optional<DetectorKind> find(String name) {
    String wanted = name.toLowerCase(Locale.ROOT).replace('_', '-');
    return Arrays.stream(DetectorKind.values())
        .filter(k -> k.label().equals(wanted) || k.aliases().contains(wanted))
        .findFirst();
  }

  /** A fresh detector. */
  public Detector newDetector() {
    Detector detector = unlatched();
    int latch = whole("latch");
    return latch == 0 ? detector : new LatchedDetector(detector, latch);
  }

  private Detector unlatched() {
    return switch (kind) {
      case E_SR, E_SR_BOUNDED, E_SR_GAUSSIAN, E_CUSUM ->
          new EsrDetector(newLane(), number("arl"), kind.input() == DetectorKind.Input.UNIT);
      case E_SR_SLOW ->
          new EitherDetector(
              new EsrDetector(newLane(), number("arl"), true),
              new PageHinkley(
                  PageHinkley.Reading.RIVER,
                  new PageHinkley.Settings(
                      whole("warmup"), number("delta"), number("lambda"), SLOW_MEMORY)));
      case ADWIN -> new Adwin(Adwin.Reading.MOA, number("delta"), whole("clock"));
      case ADWIN_RIVER -> {
        boolean all = "all".equals(settings.get("cuts"));
        Adwin.Reading reading = all ? Adwin.Reading.RIVER : Adwin.Reading.OLD_RIVER;
        yield new Adwin(reading, number("delta"), whole("clock"));
      }
      case PAGE_HINKLEY -> pageHinkley(PageHinkley.Reading.MOA);
      case PAGE_HINKLEY_RIVER -> pageHinkley(PageHinkley.Reading.RIVER);
      case CUSUM -> pageHinkley(PageHinkley.Reading.CUSUM);
      case HDDM_A -> new HddmA(number("alpha"), HddmA.Fall.valueOf(upperCase("fall")));
      case DDM -> new Ddm(whole("warmup"), number("level"));
      case STEPD ->
          new Stepd(whole("window"), number("alpha"), "both".equals(settings.get("direction")));
    };
  }

  private PageHinkley pageHinkley(PageHinkley.Reading reading) {
    return new PageHinkley(
        reading,
        new PageHinkley.Settings(
            whole("warmup"), number("delta"), number("lambda"), number("alpha")));
  }

  /** The statistic of an e-detector without a verdict, for lanes that pool evidence. */
  private EsrLane newLane() {
    Likelihood likelihood = likelihood();
    boolean known =
        !"learnt".equals(settings.getOrDefault("rate", "learnt"))
            || !"learnt".equals(settings.getOrDefault("mean", "learnt"));
    return new EsrLane(
        new EsrLane.Settings(
            known ? 0 : whole("warmup"),
            whole("lag"),
            PlainMath.log(number("arl")),
            EsrLane.Direction.valueOf(upperCase("direction")),
            kind == DetectorKind.E_CUSUM),
        likelihood);
  }

  private Likelihood likelihood() {
    double beta = number("beta");
    double logInverseBeta =
        Double.isNaN(beta) ? 0.5 * PlainMath.log(number("arl")) : -PlainMath.log(beta);
    if (kind == DetectorKind.E_SR_GAUSSIAN) {
      double mean = number("mean");
      double clip = number("clip");
      return Double.isNaN(mean)
          ? new GaussianLikelihood(logInverseBeta, clip)
          : GaussianLikelihood.known(mean, number("sd"), clip);
    }
    if (kind == DetectorKind.E_SR_BOUNDED) {
      double mean = number("mean");
      return Double.isNaN(mean)
          ? new BoundedLikelihood(logInverseBeta)
          : BoundedLikelihood.known(mean);
    }
    double rate = number("rate");
    return Double.isNaN(rate)
        ? new BernoulliLikelihood(logInverseBeta)
        : BernoulliLikelihood.known(rate);
  }

  /** NaN for a word. */
  private double number(String key) {
    return DetectorSetting.parse(settings.get(key));
  }

  private int whole(String key) {
    return (int) number(key);
  }

  private String upperCase(String key) {
    return settings.get(key).toUpperCase(Locale.ROOT);
  }
}

package io.fqtfleet.streams.drift;

import static io.fqtfleet.streams.drift.DetectorSetting.choice;
import static io.fqtfleet.streams.drift.DetectorSetting.number;
import static io.fqtfleet.streams.drift.DetectorSetting.numberOr;
import static io.fqtfleet.streams.drift.DetectorSetting.whole;

import java.util.ArrayList;
import java.util.List;

/** Every detector there is: its names, settings, source, and what it promises. */
public enum DetectorKind {
  E_SR(
      "e-sr",
      List.of("esr", "e-sr-counts"),
      Input.UNIT,
      "mixture e-SR on error counts, Krichevsky-Trofimov bound of the lagged past as reference",
      "Shin, Ramdas, Rinaldo 2022, arXiv 2203.03532; Krichevsky, Trofimov 1981",
      "P(false alarm before row T) <= beta + T/arl, any dependence; empirical if dispersion > 1",
      evidence(numberOr("learnt", "rate", 0.001, 0.999, "error rate before, if it is known"))),
  E_SR_BOUNDED(
      "e-sr-bounded",
      List.of("esr-bounded"),
      Input.UNIT,
      "mixture e-SR on values in 0..1 of any distribution, by betting",
      "Shin, Ramdas, Rinaldo 2022; Waudby-Smith, Ramdas 2024",
      "P(false alarm before row T) <= beta + T/arl, any dependence and distribution in 0..1",
      evidence(numberOr("learnt", "mean", 0.001, 0.999, "mean before, if it is known"))),
  E_SR_GAUSSIAN(
      "e-sr-gaussian",
      List.of("esr-gaussian", "e-sr-subgaussian"),
      Input.REAL,
      "mixture e-SR on sub-Gaussian values",
      "Shin, Ramdas, Rinaldo 2022; Robbins 1970",
      "the same with known sd; empirical if the sd is learnt",
      evidence(
          numberOr("learnt", "mean", -1e300, 1e300, "mean before; give sd as well"),
          numberOr("learnt", "sd", 1e-300, 1e300, "standard deviation before; give mean as well"),
          number("clip", "4", 0.5, 100, "a value counts for at most so many deviations"))),
  E_CUSUM(
      "e-cusum",
      List.of("ecusum"),
      Input.UNIT,
      "as e-sr, in the CUSUM form M <- max(1, M)·L",
      "Shin, Ramdas, Rinaldo 2022, section 3",
      "as e-sr; never above it, so slower at the same arl",
      evidence(numberOr("learnt", "rate", 0.001, 0.999, "error rate before, if it is known"))),
  E_SR_SLOW(
      "e-sr-slow",
      List.of("esr-slow"),
      Input.UNIT,
      "e-sr beside a Page-Hinkley sum with a floor at 0, for changes that come slowly",
      "as e-sr; Page 1954; Hinkley 1971",
      "empirical: the sum has no bound; measured rows per alarm stand in the README",
      evidence(
          numberOr("learnt", "rate", 0.001, 0.999, "error rate before, if it is known"),
          number("delta", "0.005", 0, 1e300, "what a row may exceed the mean by"),
          number("lambda", "50", 1e-300, 1e300, "alarm threshold of the sum"))),
  ADWIN(
      "adwin",
      List.of("adwin-moa"),
      Input.REAL,
      "adaptive window as MOA reads the paper: all cuts, alarms only upwards",
      "Bifet, Gavaldà 2007",
      "none over time (per cut about delta)",
      adwin()),
  ADWIN_RIVER(
      "adwin-river",
      List.of(),
      Input.REAL,
      "adaptive window as River reads the paper: both directions, new window after an alarm",
      "Bifet, Gavaldà 2007",
      "none over time (per cut about delta)",
      adwin(
          choice(
              "cuts",
              List.of("all", "older"),
              "older: none after the newest bucket of a size, as older versions of River"))),
  PAGE_HINKLEY(
      "page-hinkley",
      List.of("ph", "page-hinkley-moa"),
      Input.REAL,
      "cumulated deviation from the running mean, no floor (MOA)",
      "Page 1954; Hinkley 1971",
      "none",
      pageHinkley("0.9999")),
  PAGE_HINKLEY_RIVER(
      "page-hinkley-river",
      List.of("ph-river"),
      Input.REAL,
      "cumulated deviation from the running mean, floor at 0 (River)",
      "Page 1954; Hinkley 1971",
      "none",
      pageHinkley("0.9999")),
  CUSUM(
      "cusum",
      List.of("cusum-moa"),
      Input.REAL,
      "cumulated deviation from the running mean, floor at 0, nothing forgotten",
      "Page 1954",
      "none while the mean is learnt",
      pageHinkley("1")),
  HDDM_A(
      "hddm-a",
      List.of("hddma", "hddm"),
      Input.UNIT,
      "Hoeffding bound between the mean so far and the mean up to the best cut",
      "Frías-Blanco et al. 2015",
      "each comparison by itself, not over time",
      List.of(
          number("alpha", "0.001", 1e-12, 0.5, "error probability of one comparison"),
          choice("fall", List.of("restarts", "ignored", "alarms"), "what a fall of the mean does"),
          latch(0))),
  DDM(
      "ddm",
      List.of(),
      Input.UNIT,
      "error rate plus deviation against its smallest value",
      "Gama et al. 2004",
      "none",
      List.of(
          whole("warmup", 30, 2, 1_000_000, "rows before the first alarm"),
          number("level", "3", 0.1, 100, "deviations above the smallest error rate"),
          latch(0))),
  STEPD(
      "stepd",
      List.of(),
      Input.BINARY,
      "equal proportions: the last rows against all before",
      "Nishida, Yamauchi 2007",
      "each test by itself, not over time",
      List.of(
          whole("window", 30, 2, 100_000, "rows that count as recent"),
          number("alpha", "0.003", 1e-12, 0.5, "error probability of one test"),
          choice(
              "direction", List.of("up", "both"), "whether fewer errors are an alarm, as in MOA"),
          latch(0)));

  /** What a detector can be fed with. */
  public enum Input {
    BINARY("0 or 1 (1 = error)"),
    UNIT("a number in 0..1 (1 = error)"),
    REAL("a finite number");

    private final String rule;

    Input(String rule) {
      this.rule = rule;
    }

    public String rule() {
      return rule;
    }

    public boolean allow(double value) {
      return switch (this) {
        case BINARY -> value == 0 || value == 1;
        case UNIT -> value >= 0 && value <= 1;
        case REAL -> Double.isFinite(value);
      };
    }
  }

  private final String label;
  private final List<String> aliases;
  private final Input input;
  private final String summary;
  private final String source;
  private final String guarantee;
  private final List<DetectorSetting> settings;

  DetectorKind(
      String label,
      List<String> aliases,
      Input input,
      String summary,
      String source,
      String guarantee,
      List<DetectorSetting> settings) {
    this.label = label;
    this.aliases = aliases;
    this.input = input;
    this.summary = summary;
    this.source = source;
    this.guarantee = guarantee;
    this.settings = settings;
  }

  private static List<DetectorSetting> evidence(DetectorSetting... own) {
    List<DetectorSetting> all =
        new ArrayList<>(
            List.of(
                number("arl", "100000", 2, 1e100, "rows between false alarms, at least"),
                numberOr(
                    "auto", "beta", 1e-100, 0.5, "failure probability of a bound; 1/sqrt(arl)"),
                whole("warmup", 60, 2, 1_000_000, "first rows, taken as reference"),
                whole("lag", 50, 1, 1_000_000, "rows per block; 1 to 2 blocks teach nothing yet"),
                choice(
                    "direction",
                    List.of("up", "down", "both"),
                    "which changes are alarms; the other starts a new reference silently")));
    all.addAll(List.of(own));
    all.add(latch(1000));
    return List.copyOf(all);
  }

  private static List<DetectorSetting> adwin(DetectorSetting... own) {
    List<DetectorSetting> all = new ArrayList<>(List.of(own));
    all.add(number("delta", "0.002", 1e-100, 0.9, "error probability of a cut"));
    all.add(whole("clock", 32, 1, 1_000_000, "rows between two searches for a cut"));
    all.add(latch(0));
    return List.copyOf(all);
  }

  private static List<DetectorSetting> pageHinkley(String alpha) {
    return List.of(
        whole("warmup", 30, 1, 1_000_000, "rows before the first alarm"),
        number("delta", "0.005", 0, 1e300, "what a value may exceed the mean by"),
        number("lambda", "50", 0, 1e300, "alarm threshold"),
        number("alpha", alpha, 0, 1, "what is kept of the sum per row; 1 = all"),
        latch(0));
  }

  private static DetectorSetting latch(int fallback) {
    return whole(
        "latch", fallback, 0, 1_000_000_000, "rows after an alarm without another; 0 = none");
  }

  /** Its name on command lines and in policies. */
  public String label() {
    return label;
  }

  public List<String> aliases() {
    return aliases;
  }

  public Input input() {
    return input;
  }

  public String summary() {
    return summary;
  }

  public String source() {
    return source;
  }

  public String guarantee() {
    return guarantee;
  }

  public List<DetectorSetting> settings() {
    return settings;
  }
}

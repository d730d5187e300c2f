package io.fqtfleet.streams.drift;

import java.util.List;
import java.util.Locale;

/**
 * A key that an operator may set of a detector.
 *
 * @param fallback text of the default
 * @param choices allowed words; with these alone there are no numbers
 * @param min smallest and largest number allowed
 * @param whole whether only whole numbers are allowed
 */
public record DetectorSetting(
    String key,
    String fallback,
    List<String> choices,
    double min,
    double max,
    boolean whole,
    String meaning) {

  static DetectorSetting number(
      String key, String fallback, double min, double max, String meaning) {
    return new DetectorSetting(key, fallback, List.of(), min, max, false, meaning);
  }

  static DetectorSetting whole(String key, int fallback, int min, int max, String meaning) {
    return new DetectorSetting(key, "" + fallback, List.of(), min, max, true, meaning);
  }

  /** A number, or a word that leaves it to the detector. */
  static DetectorSetting numberOr(String word, String key, double min, double max, String meaning) {
    return new DetectorSetting(key, word, List.of(word), min, max, false, meaning);
  }

  static DetectorSetting choice(String key, List<String> words, String meaning) {
    return new DetectorSetting(key, words.get(0), words, Double.NaN, Double.NaN, false, meaning);
  }

  private boolean numeric() {
    return !Double.isNaN(min);
  }

  /** What is wrong with a value, or null. */
  String problem(String value) {
    if (choices.contains(value)) {
      return null;
    }
    double number = numeric() ? parse(value) : Double.NaN;
    boolean fits = number >= min && number <= max && (!whole || number == Math.rint(number));
    return fits ? null : "%s = '%s' is not %s".formatted(key, value, allowed());
  }

  /** NaN for a word. */
  static double parse(String value) {
    try {
      return Double.parseDouble(value);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /** The rule, for people. */
  public String allowed() {
    String words = String.join(", ", choices);
    if (!numeric()) {
      return "one of " + words;
    }
    String range =
        "a %snumber in %s..%s".formatted(whole ? "whole " : "", shorten(min), shorten(max));
    return choices.isEmpty() ? range : words + " or " + range;
  }

  private static String shorten(double number) {
    boolean plain = number == Math.rint(number) && Math.abs(number) < 1e7;
    return plain ? String.format(Locale.ROOT, "%.0f", number) : "" + number;
  }
}

package io.fqtfleet.programs.detect;

import io.fqtfleet.streams.drift.Detector;
import java.util.ArrayList;
import java.util.List;

/**
 * Test, then train, row by row: a naive Bayes classifier whose errors a detector watches, and which
 * forgets everything at an alarm.
 */
public final class Prequential {
  /** Rows between two resets without a detector. */
  static final int PERIOD = 1000;

  /**
   * What came of it.
   *
   * @param accuracy share of rows predicted right
   * @param alarms rows at which the classifier was reset
   */
  public record Outcome(String name, double accuracy, List<Integer> alarms) {}

  private Prequential() {}

  /** The classifier is never reset. */
  public static Outcome never(DataStream stream) {
    return run(stream, "none", (row, error) -> false);
  }

  /**
   * The classifier is reset every {@value #PERIOD} rows: what any detector has to be better than.
   */
  public static Outcome periodic(DataStream stream) {
    return run(stream, "periodic " + PERIOD, (row, error) -> (row + 1) % PERIOD == 0);
  }

  /** The classifier is reset at each alarm. */
  public static Outcome detected(DataStream stream, Contender contender) {
    Detector detector = contender.plan().newDetector();
    return run(stream, contender.name(), (row, error) -> detector.add(error ? 1 : 0));
  }

  /** No classifier at all: each label is predicted to be the last one. */
  public static Outcome lastLabel(DataStream stream) {
    int right = 0;
    for (int row = 1; row < stream.labels().length; row++) {
      right += stream.labels()[row] == stream.labels()[row - 1] ? 1 : 0;
    }
    double accuracy = (double) right / stream.labels().length;
    return new Outcome("label as before", accuracy, List.of());
  }

  /** Says after each row whether to reset. */
  private interface Trigger {
    boolean after(int row, boolean error);
  }

  private static Outcome run(DataStream stream, String name, Trigger trigger) {
    NaiveBayes classifier = new NaiveBayes(stream.features()[0].length, stream.classes());
    List<Integer> alarms = new ArrayList<>();
    int right = 0;
    for (int row = 0; row < stream.labels().length; row++) {
      int label = stream.labels()[row];
      boolean error = classifier.predict(stream.features()[row]) != label;
      right += error ? 0 : 1;
      if (trigger.after(row, error)) {
        alarms.add(row);
        classifier.forget();
      }
      classifier.learn(stream.features()[row], label);
    }
    double accuracy = (double) right / stream.labels().length;
    return new Outcome(name, accuracy, List.copyOf(alarms));
  }
}

package io.fqtfleet.programs.detect;

import io.fqtfleet.streams.drift.Detector;
import io.fqtfleet.streams.drift.DetectorPlan;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a detector found in a stream; also the JSON that is written.
 *
 * @param detector its name
 * @param settings all of them, in force
 * @param rows of the stream
 */
record Detection(String detector, Map<String, String> settings, long rows, List<Alarm> alarms) {

  /**
   * @param row of the alarm, the first row is 0
   * @param onset row at which the change is thought to have begun
   */
  record Alarm(long row, long onset, double statistic, double threshold) {}

  static Detection of(DetectorPlan plan, String source, BufferedReader in)
      throws IOException, NumberColumn.BadLine {
    Detector detector = plan.newDetector();
    List<Alarm> alarms = new ArrayList<>();
    long rows =
        new NumberColumn(source, plan.kind())
            .read(
                in,
                (row, value) -> {
                  if (detector.add(value)) {
                    alarms.add(
                        new Alarm(
                            row, detector.onset(), detector.statistic(), detector.threshold()));
                  }
                });
    return new Detection(plan.kind().label(), plan.settings(), rows, alarms);
  }
}

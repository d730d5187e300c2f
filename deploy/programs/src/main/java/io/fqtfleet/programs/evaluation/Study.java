package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.report.Table;
import java.util.List;

/** What a part of the evaluation found. */
record Study(List<Table> tables, List<Figure> figures, List<Target> targets) {
  /**
   * A picture.
   *
   * @param svg a whole element, without references to anything outside
   */
  record Figure(String title, String caption, String svg) {}

  /**
   * A figure of merit that was set beforehand.
   *
   * @param target what was set
   * @param reached what was measured
   * @param verdict REACHED, MISSED or NOT MEASURED
   * @param why of the latter two
   */
  record Target(String id, String what, String target, String reached, String verdict, String why) {
    static Target of(
        String id, String what, String target, String reached, boolean ok, String whyNot) {
      return new Target(id, what, target, reached, ok ? "REACHED" : "MISSED", ok ? "" : whyNot);
    }

    static Target unknown(String id, String what, String target, String why) {
      return new Target(id, what, target, "-", "NOT MEASURED", why);
    }
  }
}

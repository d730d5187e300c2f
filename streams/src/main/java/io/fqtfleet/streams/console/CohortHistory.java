package io.fqtfleet.streams.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fqtfleet.schemas.CohortHealth;
import java.util.ArrayDeque;
import java.util.Deque;

/** The last rounds of one cohort, as curves. Guarded by {@link FleetMemory}. */
final class CohortHistory {
  /** Units of the sums in {@code CohortHealth}. */
  private static final double LOSS_UNITS = 1 << 12;

  private static final double GRADIENT_UNITS = 1 << 24;

  /** A round; NaN = nothing was counted. */
  record Point(
      long endMs,
      double accuracy,
      double loss,
      double gradient,
      double updates,
      double milliJoule,
      int online) {
    static Point of(CohortHealth h) {
      return new Point(
          h.getRoundEndMs(),
          share(h.getSamplesCorrect(), h.getSamplesLabelled()),
          share(h.getLossSum(), h.getSamplesLabelled()) / LOSS_UNITS,
          Math.sqrt(share(h.getGradNormSquareSum(), h.getGradSamples()) / GRADIENT_UNITS),
          share(h.getSamplesTrained(), h.getSamplesSeen()),
          h.getEnergyMicroJoule() / 1e3,
          h.getDevicesOnline());
    }

    private static double share(long part, long of) {
      return of == 0 ? Double.NaN : (double) part / of;
    }
  }

  private final Deque<Point> points = new ArrayDeque<>();
  private CohortHealth last;

  /** A round that is there already, or older than the last, changes nothing. */
  boolean add(CohortHealth health, int pointsMax) {
    if (last != null && health.getRoundEndMs() <= last.getRoundEndMs()) {
      return false;
    }
    last = health;
    points.addLast(Point.of(health));
    while (points.size() > pointsMax) {
      points.removeFirst();
    }
    return true;
  }

  CohortHealth last() {
    return last;
  }

  /** The last round in numbers. */
  ObjectNode summary() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("cohort", last.getCohort());
    node.put("round", last.getRound());
    node.put("endMs", last.getRoundEndMs());
    node.put("policyVersion", last.getPolicyVersion());
    node.put("known", last.getDevicesKnown());
    node.put("online", last.getDevicesOnline());
    node.put("reporting", last.getDevicesReporting());
    node.put("training", last.getDevicesTraining());
    node.put("suspicious", last.getSuspiciousDevices());
    node.put("reportsLost", last.getReportsLost());
    number(node, "baselineError", last.getBaselineError());
    number(node, "logEvidence", last.getLogEvidence());
    number(node, "logThreshold", last.getLogThreshold());
    node.put("incident", last.getIncident());
    node.set("point", point(points.getLast()));
    return node;
  }

  /** The curves by columns, which is a third of the size of rows. */
  ObjectNode series(int pointsMax) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    ArrayNode t = node.putArray("t");
    ArrayNode accuracy = node.putArray("accuracy");
    ArrayNode loss = node.putArray("loss");
    ArrayNode gradient = node.putArray("gradient");
    ArrayNode updates = node.putArray("updates");
    ArrayNode energy = node.putArray("energy");
    ArrayNode online = node.putArray("online");
    int skipped = Math.max(0, points.size() - pointsMax);
    points.stream()
        .skip(skipped)
        .forEach(
            p -> {
              t.add(p.endMs);
              number(accuracy, p.accuracy);
              number(loss, p.loss);
              number(gradient, p.gradient);
              number(updates, p.updates);
              number(energy, p.milliJoule);
              online.add(p.online);
            });
    return node;
  }

  private static ObjectNode point(Point p) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("t", p.endMs);
    number(node, "accuracy", p.accuracy);
    number(node, "loss", p.loss);
    number(node, "gradient", p.gradient);
    number(node, "updates", p.updates);
    number(node, "energy", p.milliJoule);
    node.put("online", p.online);
    return node;
  }

  /** JSON has no NaN. */
  private static void number(ArrayNode node, double value) {
    if (Double.isFinite(value)) {
      node.add(rounded(value));
    } else {
      node.addNull();
    }
  }

  static void number(ObjectNode node, String name, double value) {
    if (Double.isFinite(value)) {
      node.put(name, rounded(value));
    } else {
      node.putNull(name);
    }
  }

  /** Six digits: no curve shows more, and they are most of what is sent. */
  private static double rounded(double value) {
    if (value == 0) {
      return 0;
    }
    double scale = Math.pow(10, 5 - Math.floor(Math.log10(Math.abs(value))));
    double rounded = Math.rint(value * scale) / scale;
    return Double.isFinite(rounded) ? rounded : value;
  }
}

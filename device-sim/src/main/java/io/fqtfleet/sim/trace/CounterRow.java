package io.fqtfleet.sim.trace;

import io.fqtfleet.schemas.LayerCounters;
import io.fqtfleet.schemas.TrainingReport;
import java.util.ArrayList;
import java.util.List;

/**
 * The counters of a report as a row of numbers, so that differences and sums are loops. Layout: 19
 * numbers of the device, then 17 of each layer in the order of {@code LayerCounters}.
 */
final class CounterRow {
  static final int SEEN = 0;
  static final int LABELLED = 1;
  static final int CORRECT = 2;
  static final int TRAINED = 3;
  static final int MACS_FORWARD = 15;
  static final int MACS_BACKWARD = 16;
  static final int ENERGY = 17;
  static final int THROTTLED = 18;
  static final int SCALARS = 19;
  static final int PER_LAYER = 17;

  private static final int LOSS_MIN = 6;
  private static final int LOSS_MAX = 7;
  private static final int INPUT_MIN = 13;
  private static final int INPUT_MAX = 14;
  private static final int GRAD_ABS_MAX = 4;
  private static final int WEIGHT_NORM = 7;

  /** Of a layer: sums over the codes that an update visits, so they scale with their share. */
  private static final int[] BY_SHARE = {2, 3, 5, 8, 9, 14, 15};

  /** Of a layer: one per trained sample or minibatch. */
  private static final int[] BY_SAMPLE = {0, 1, 6, 16};

  private CounterRow() {}

  static int length(int layers) {
    return SCALARS + PER_LAYER * layers;
  }

  static int layers(long[] row) {
    return (row.length - SCALARS) / PER_LAYER;
  }

  /** All counters; layers that the report leaves out are zero. */
  static long[] of(TrainingReport r, int layers) {
    long[] row = new long[length(layers)];
    long[] scalars = {
      r.getSamplesSeen(), r.getSamplesLabelled(), r.getSamplesCorrect(), r.getSamplesTrained(),
      r.getLossSum(), r.getLossSquareSum(), r.getLossMin(), r.getLossMax(),
      r.getConfidenceSum(), r.getConfidenceSquareSum(), r.getInputCount(), r.getInputSum(),
      r.getInputSquareSum(), r.getInputMin(), r.getInputMax(), r.getMacsForward(),
      r.getMacsBackward(), r.getEnergyMicroJoule(), r.getSamplesThrottled()
    };
    System.arraycopy(scalars, 0, row, 0, SCALARS);
    for (int i = 0; i < r.getLayers().size() && r.getFirstLayer() + i < layers; i++) {
      int at = SCALARS + PER_LAYER * (r.getFirstLayer() + i);
      for (int f = 0; f < PER_LAYER; f++) {
        row[at + f] = (Long) r.getLayers().get(i).get(f);
      }
    }
    return row;
  }

  /** What happened between two reports of one boot; levels and extremes are the later one's. */
  static long[] difference(long[] later, long[] earlier) {
    long[] step = new long[later.length];
    for (int i = 0; i < step.length; i++) {
      step[i] = isSum(i) ? later[i] - earlier[i] : later[i];
    }
    return step;
  }

  private static boolean isSum(int i) {
    if (i < SCALARS) {
      return i != LOSS_MIN && i != LOSS_MAX && i != INPUT_MIN && i != INPUT_MAX;
    }
    int f = (i - SCALARS) % PER_LAYER;
    return f != GRAD_ABS_MAX && f != WEIGHT_NORM;
  }

  /** Adds a step to a device's counters; extremes are those since {@link #reported}. */
  static void add(long[] row, long[] step) {
    boolean first = row[LOSS_MAX] == 0;
    boolean firstInput = row[INPUT_MIN] == 0 && row[INPUT_MAX] == 0;
    for (int i = 0; i < row.length; i++) {
      if (isSum(i)) {
        row[i] += step[i];
      } else if (i == LOSS_MIN) {
        row[i] = first ? step[i] : Math.min(row[i], step[i]);
      } else if (i == INPUT_MIN) {
        row[i] = firstInput ? step[i] : Math.min(row[i], step[i]);
      } else if (i == INPUT_MAX) {
        row[i] = firstInput ? step[i] : Math.max(row[i], step[i]);
      } else if (i >= SCALARS && (i - SCALARS) % PER_LAYER == WEIGHT_NORM) {
        row[i] = step[i] == 0 ? row[i] : step[i];
      } else {
        row[i] = Math.max(row[i], step[i]);
      }
    }
  }

  /** A report is out: its extremes begin anew. */
  static void reported(long[] row) {
    row[LOSS_MIN] = 0;
    row[LOSS_MAX] = 0;
    row[INPUT_MIN] = 0;
    row[INPUT_MAX] = 0;
    for (int at = SCALARS; at < row.length; at += PER_LAYER) {
      row[at + GRAD_ABS_MAX] = 0;
    }
  }

  /**
   * A step that was trained fully, as it would have been under a smaller budget.
   *
   * @param calm a step of the same windows without training, for what forward passes cost
   * @param perSample share of the samples that are trained on, 0..1
   * @param perUpdate share of the structures that an update touches, 0..1
   * @param firstLayer layers before it are frozen
   */
  static long[] smaller(
      long[] trained, long[] calm, double perSample, double perUpdate, int firstLayer) {
    long[] step = trained.clone();
    double both = perSample * perUpdate;
    step[TRAINED] = Math.round(trained[TRAINED] * perSample);
    step[MACS_BACKWARD] = Math.round(trained[MACS_BACKWARD] * both);
    long forward = Math.min(trained[ENERGY], calm[ENERGY]);
    step[ENERGY] = forward + Math.round((trained[ENERGY] - forward) * both);
    int layers = layers(trained);
    for (int layer = 0; layer < layers; layer++) {
      int at = SCALARS + PER_LAYER * layer;
      boolean frozen = layer < firstLayer && layer < layers - 1;
      for (int f : BY_SHARE) {
        step[at + f] = frozen ? 0 : Math.round(trained[at + f] * both);
      }
      for (int f : BY_SAMPLE) {
        boolean always = f <= 1 && layer == layers - 1;
        step[at + f] =
            frozen ? 0 : always ? trained[at + f] : Math.round(trained[at + f] * perSample);
      }
    }
    return step;
  }

  /**
   * What a report begins with, and the budget.
   *
   * @param learntTimeMs 0 = none learnt
   */
  record Head(
      String device,
      int bootCounter,
      int bootNonce,
      long sequence,
      long uptimeMs,
      long learntTimeMs,
      long budgetVersion) {}

  /** The report with all layers from {@code firstLayer} on. */
  static TrainingReport report(Head head, long[] row, int firstLayer) {
    List<LayerCounters> layers = new ArrayList<>();
    for (int layer = firstLayer; layer < layers(row); layer++) {
      LayerCounters counters = new LayerCounters();
      int at = SCALARS + PER_LAYER * layer;
      for (int f = 0; f < PER_LAYER; f++) {
        counters.put(f, row[at + f]);
      }
      layers.add(counters);
    }
    return new TrainingReport(
        head.device,
        head.bootCounter,
        head.bootNonce,
        head.sequence,
        head.uptimeMs,
        head.learntTimeMs,
        row[SEEN],
        row[LABELLED],
        row[CORRECT],
        row[TRAINED],
        row[4],
        row[5],
        (int) row[LOSS_MIN],
        (int) row[LOSS_MAX],
        row[8],
        row[9],
        row[10],
        row[11],
        row[12],
        (int) row[INPUT_MIN],
        (int) row[INPUT_MAX],
        firstLayer,
        layers,
        row[MACS_FORWARD],
        row[MACS_BACKWARD],
        null,
        row[ENERGY],
        head.budgetVersion,
        row[THROTTLED]);
  }
}

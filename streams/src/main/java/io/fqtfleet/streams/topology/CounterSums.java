package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.LayerCounters;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.schemas.WireException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** The sums of a report that are passed on as differences, modulo 2^64. */
enum CounterSums {
  SEEN(TrainingReport::getSamplesSeen),
  LABELLED(TrainingReport::getSamplesLabelled),
  CORRECT(TrainingReport::getSamplesCorrect),
  TRAINED(TrainingReport::getSamplesTrained),
  LOSS(TrainingReport::getLossSum),
  GRAD_NORM_SQUARE(r -> lastLayer(r, LayerCounters::getGradNormSquareSum)),
  GRAD_SAMPLES(r -> lastLayer(r, LayerCounters::getGradSamples)),
  CONFIDENCE(TrainingReport::getConfidenceSum),
  INPUT_COUNT(TrainingReport::getInputCount),
  INPUT(TrainingReport::getInputSum),
  INPUT_SQUARE(TrainingReport::getInputSquareSum),
  MACS_FORWARD(TrainingReport::getMacsForward),
  MACS_BACKWARD(TrainingReport::getMacsBackward),
  ENERGY(TrainingReport::getEnergyMicroJoule),
  CONFIDENCE_SQUARE(TrainingReport::getConfidenceSquareSum),
  UPDATE_NORM_SQUARE(r -> lastLayer(r, LayerCounters::getUpdateNormSquareSum)),
  UPDATE_STEPS(r -> lastLayer(r, LayerCounters::getUpdateSteps)),
  SATURATED(r -> allLayers(r, l -> l.getSaturatedX() + l.getSaturatedE() + l.getSaturatedW())),
  CODES(r -> allLayers(r, l -> l.getTotalX() + l.getTotalE() + l.getCodesVisited())),
  THROTTLED(TrainingReport::getSamplesThrottled);

  private final ToLongFunction<TrainingReport> read;

  CounterSums(ToLongFunction<TrainingReport> read) {
    this.read = read;
  }

  private static long allLayers(TrainingReport report, ToLongFunction<LayerCounters> read) {
    return report.getLayers().stream().mapToLong(read).sum();
  }

  private static long lastLayer(TrainingReport report, ToLongFunction<LayerCounters> read) {
    List<LayerCounters> layers = report.getLayers();
    return layers.isEmpty() ? 0 : read.applyAsLong(layers.get(layers.size() - 1));
  }

  static List<Long> of(TrainingReport report) {
    List<Long> sums = new ArrayList<>();
    for (CounterSums counter : values()) {
      sums.add(counter.read.applyAsLong(report));
    }
    LayerSums.add(report, sums);
    return sums;
  }

  /**
   * What was counted between two reports of one boot; from zero if {@code before} is empty. Of a
   * counter that the report before was not asked for nothing is known yet: 0.
   *
   * @throws WireException OUT_OF_RANGE if a counter went backwards or contradicts another
   */
  static long[] differences(List<Long> before, List<Long> after) throws WireException {
    long[] differences = new long[after.size()];
    for (int i = 0; i < differences.length; i++) {
      boolean unknown = !before.isEmpty() && i >= before.size();
      differences[i] = unknown ? 0 : after.get(i) - (before.isEmpty() ? 0 : before.get(i));
      if (differences[i] < 0 && i != INPUT.ordinal()) {
        throw new WireException(
            Reason.OUT_OF_RANGE,
            "counter %s fell by %d within one boot; counters only rise: check the device's memory"
                .formatted(name(i), -differences[i]));
      }
    }
    inOrder(differences, SEEN, LABELLED);
    inOrder(differences, LABELLED, CORRECT);
    inOrder(differences, CODES, SATURATED);
    return differences;
  }

  private static String name(int index) {
    int count = values().length;
    return index < count ? values()[index].name() : LayerSums.name(index - count);
  }

  private static void inOrder(long[] differences, CounterSums all, CounterSums part)
      throws WireException {
    if (differences[part.ordinal()] > differences[all.ordinal()]) {
      throw new WireException(
          Reason.OUT_OF_RANGE,
          "%s rose by %d, %s only by %d although it counts all of them"
              .formatted(part, differences[part.ordinal()], all, differences[all.ordinal()]));
    }
  }
}

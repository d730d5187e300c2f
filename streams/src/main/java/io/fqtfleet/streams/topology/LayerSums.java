package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.LayerCounters;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.streams.state.LayerEvidence;
import java.util.ArrayList;
import java.util.List;

/** The sums of each layer that are passed on as differences, behind those of the whole report. */
final class LayerSums {
  /** Of each layer from 0 on; of one that was never trained, zeros. */
  static final int COUNT = 4;

  private static final List<String> NAMES =
      List.of("gradNormSquareSum", "gradSamples", "saturated", "codes");

  private static final int LAYERS_MAX = 8;

  private LayerSums() {}

  /** What numbers its layers beyond what a model can have tells of none. */
  private static boolean isLegal(TrainingReport report) {
    int first = report.getFirstLayer();
    return first >= 0 && first <= LAYERS_MAX - report.getLayers().size();
  }

  static void add(TrainingReport report, List<Long> sums) {
    if (!isLegal(report)) {
      return;
    }
    for (int i = report.getFirstLayer() * COUNT; i > 0; i--) {
      sums.add(0L);
    }
    for (LayerCounters layer : report.getLayers()) {
      sums.add(layer.getGradNormSquareSum());
      sums.add(layer.getGradSamples());
      sums.add(layer.getSaturatedX() + layer.getSaturatedE() + layer.getSaturatedW());
      sums.add(layer.getTotalX() + layer.getTotalE() + layer.getCodesVisited());
    }
  }

  /**
   * @param index among the sums of layers
   */
  static String name(int index) {
    return NAMES.get(index % COUNT) + " of layer " + index / COUNT;
  }

  /**
   * @param counted differences; those of layers begin at {@code from}
   */
  static List<LayerEvidence> evidence(TrainingReport report, long[] counted, int from) {
    if (!isLegal(report)) {
      return List.of();
    }
    List<LayerEvidence> layers = new ArrayList<>(report.getLayers().size());
    int at = from + report.getFirstLayer() * COUNT;
    for (LayerCounters layer : report.getLayers()) {
      boolean last = layers.size() == report.getLayers().size() - 1;
      long positions = last ? 1 : positions(layer);
      long weights = weights(layer, report, positions, last);
      layers.add(
          new LayerEvidence(
              counted[at],
              counted[at + 1],
              counted[at + 2],
              counted[at + 3],
              positions * weights,
              weights));
      at += COUNT;
    }
    return layers;
  }

  /** Error codes and rows are counted for the same samples, but for the last layer. */
  private static long positions(LayerCounters layer) {
    long offered = layer.getStructuresOffered();
    return offered == 0 ? 1 : Math.max(1, layer.getTotalE() / offered);
  }

  /**
   * A layer with one position per sample has inputs times rows weights. Of a convolution those that
   * an update visits stand for all, which is a little too few while lambda is small.
   */
  private static long weights(
      LayerCounters layer, TrainingReport report, long positions, boolean last) {
    long trained = last ? report.getSamplesTrained() : layer.getGradSamples();
    if (trained == 0 || layer.getUpdateSteps() == 0 || report.getSamplesSeen() == 0) {
      return 0;
    }
    return positions > 1
        ? layer.getCodesVisited() / layer.getUpdateSteps()
        : layer.getStructuresOffered() / trained * (layer.getTotalX() / report.getSamplesSeen());
  }
}

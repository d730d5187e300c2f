package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fqtfleet.schemas.LayerCounters;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.IntakeCard;
import io.fqtfleet.streams.state.LayerEvidence;
import io.fqtfleet.streams.state.ReportEvidence;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the cohort is told of single layers: differences, and what training a layer costs. */
class LayerSumsTest {
  private final IntakeCard card = IntakeCard.newBuilder().build();
  private final List<CohortEvent> events = new ArrayList<>();
  private final SyntheticFleet.Device device = new SyntheticFleet.Device("d1", "line", 0.2, 1);

  private static LayerCounters.Builder layer(long gradients, long samples) {
    return LayerCounters.newBuilder()
        .setGradNormSquareSum(gradients)
        .setGradSamples(samples)
        .setGradSum(0)
        .setGradSquareSum(0)
        .setGradAbsMax(0)
        .setUpdateNormSquareSum(0)
        .setUpdateSteps(2)
        .setWeightNormSquare(0)
        .setCodesChanged(0)
        .setCodesVisited(0)
        .setSaturatedX(0)
        .setTotalX(0)
        .setSaturatedE(0)
        .setTotalE(0)
        .setSaturatedW(0)
        .setStructuresUpdated(0)
        .setStructuresOffered(0);
  }

  private List<LayerEvidence> told(long trained, int first, List<LayerCounters> layers)
      throws WireException {
    TrainingReport report =
        TrainingReport.newBuilder(device.report(10))
            .setSamplesTrained(trained)
            .setFirstLayer(first)
            .setLayers(layers)
            .build();
    new Intake(card, "d1", 1000, events::add).report(report);
    return ((ReportEvidence) events.get(events.size() - 1).getBody()).getLayers();
  }

  @Test
  void layersAreToldAsDifferencesOfDevicesThatTrain() throws WireException {
    new Intake(card, "d1", 1000, events::add).status(device.status(true));
    LayerCounters last = layer(500, 10).build();
    assertEquals(List.of(), told(0, 1, List.of(last)), "nothing trained");
    // Ten rows of 32 inputs; 20 windows were seen and 4 trained on.
    last = layer(900, 20).setTotalX(20 * 32).setStructuresOffered(4 * 10).setSaturatedE(3).build();
    List<LayerEvidence> told = told(4, 1, List.of(last));
    assertEquals(List.of(new LayerEvidence(400L, 10L, 3L, 20L * 32, 320L, 320L)), told);
    // The layer before it is trained too: 121 positions, 16 rows of 8 x 4 weights, all visited.
    LayerCounters first =
        layer(70, 4)
            .setTotalE(4 * 121 * 16)
            .setStructuresOffered(4 * 16)
            .setCodesVisited(2 * 16 * 32)
            .build();
    told = told(8, 0, List.of(first, last));
    assertEquals(70, told.get(0).getGradNormSquareSum());
    assertEquals(16 * 32, told.get(0).getWeights());
    assertEquals(121 * 16 * 32, told.get(0).getMacs());
    assertEquals(0, told.get(1).getGradSamples());
  }

  @Test
  void layersBeyondAnyModelAreNotTold() throws WireException {
    new Intake(card, "d1", 1000, events::add).status(device.status(true));
    LayerCounters last = layer(500, 10).build();
    assertEquals(List.of(), told(4, Integer.MAX_VALUE, List.of(last)));
    assertEquals(List.of(), told(8, -1, List.of(last)));
    assertEquals(1, told(12, 7, List.of(last)).size());
  }
}

package io.fqtfleet.sim.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.sim.NeedsAgent;
import io.fqtfleet.sim.fleet.FactoryModel;
import io.fqtfleet.sim.fleet.ModelTrainer;
import io.fqtfleet.sim.fleet.Scenario;
import io.fqtfleet.sim.signal.SignalSpace;
import org.junit.jupiter.api.Test;

/** What is recorded from exact devices behaves as they do. */
@NeedsAgent
class SituationsTest {
  private static final Scenario SCENARIO =
      StrictYaml.parse(
          "test.yaml",
          """
          seed: 5
          domains:
            near: {speedRpm: 1772, load: 0.6}
            far: {speedRpm: 1600, load: 0.6, resonanceHz: 3000, secondResonanceHz: 1300}
          cohorts: [{name: c, devices: 4, domain: near, fidelity: trace}]
          drifts: [{at: 10s, cohort: c, to: far, profile: recurring, over: 20s}]
          faults: [{at: 15s, until: 18s, cohort: c, device: 2, kind: noise, magnitude: 1.5}]
          """,
          Scenario.class);

  private static double accuracy(long[]... steps) {
    double labelled = 0;
    double correct = 0;
    for (long[] step : steps) {
      labelled += step[CounterRow.LABELLED];
      correct += step[CounterRow.CORRECT];
    }
    return correct / labelled;
  }

  private static long[][] calm(Situations story, int situation, double trained) {
    long[][] steps = new long[60][];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = story.calm(situation, 0, trained, i);
    }
    return steps;
  }

  @Test
  void aDriftCostsAccuracyThatTrainingBringsBack() {
    SignalSpace space = SCENARIO.generated();
    FactoryModel model = new ModelTrainer(space, SCENARIO.sourceDomains(), 5).train();
    Situations story = Situations.record(SCENARIO, SCENARIO.cohorts().get(0), space, model.page());
    assertEquals(4, story.situations());
    assertEquals(2000, story.durationMs(0, 0));
    assertTrue(accuracy(calm(story, 0, 0)) > 0.95, "before the drift");
    double fallen = accuracy(calm(story, 1, 0));
    assertTrue(fallen < 0.7, "after the drift " + fallen);
    double back = accuracy(calm(story, 1, 480));
    assertTrue(back > fallen + 0.2 && back > 0.8, "adapted " + back);
    assertTrue(accuracy(calm(story, 3, 0)) < 0.9, "a noisy sensor");
    long[] trained = story.training(1, 0, 0, 0);
    assertEquals(20, trained[CounterRow.TRAINED]);
    assertTrue(trained[CounterRow.MACS_BACKWARD] > 0);
    assertEquals(0, story.calm(1, 0, 0, 0)[CounterRow.TRAINED]);

    float[] fresh = new float[4];
    float[] adapted = {0, 480, 0, 0};
    assertEquals(0, story.situation(9_000, 0, fresh, 0.5));
    assertEquals(1, story.situation(12_000, 0, fresh, 0.5));
    assertEquals(3, story.situation(16_000, 2, fresh, 0.5));
    assertEquals(0, story.situation(32_000, 0, fresh, 0.5), "old weights in the old world");
    assertEquals(2, story.situation(32_000, 0, adapted, 0.5), "new weights in the old world");
  }
}

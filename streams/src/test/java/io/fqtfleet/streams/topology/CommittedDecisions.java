package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.KafkaProbe;
import io.fqtfleet.streams.ops.Meters;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.RoundClosed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What a real broker holds of decisions, and what must be true of it whatever happened. */
final class CommittedDecisions {
  private static final WireCodec<CohortEvent> EVENTS = WireCodec.of(CohortEvent.class);
  private static final WireCodec<CohortHealth> HEALTH = WireCodec.of(CohortHealth.class);
  private static final WireCodec<Decision> DECISIONS = WireCodec.of(Decision.class);
  private static final WireCodec<UpdateBudget> BUDGETS = WireCodec.of(UpdateBudget.class);

  private final KafkaProbe probe;

  CommittedDecisions(KafkaProbe probe) {
    this.probe = probe;
  }

  /** Labelled samples that were decided on. */
  long labelled() {
    return probe.committed(Topics.COHORTS, HEALTH).stream()
        .mapToLong(CohortHealth::getSamplesLabelled)
        .sum();
  }

  /** Each round once, in order; versions rise; no budget without its decision. */
  void checkRoundsAndBudgets(int devices, int budgets) {
    Map<String, Long> ends = new HashMap<>();
    for (CohortHealth health : probe.committed(Topics.COHORTS, HEALTH)) {
      Long before = ends.put(health.getCohort(), health.getRoundEndMs());
      assertTrue(before == null || before < health.getRoundEndMs(), "round twice: " + health);
    }
    Map<String, Long> versions = new HashMap<>();
    List<String> issued = new ArrayList<>();
    for (UpdateBudget budget : probe.committed(Topics.BUDGETS, BUDGETS)) {
      Long before = versions.put(budget.getDevice(), budget.getVersion());
      assertTrue(before == null || before < budget.getVersion(), "version twice: " + budget);
      issued.add(budget.getDevice() + "/" + budget.getVersion());
    }
    List<String> decided =
        probe.committed(Topics.DECISIONS, DECISIONS).stream()
            .filter(d -> d.getBudgetVersion() != null)
            .map(d -> d.getDevice() + "/" + d.getBudgetVersion())
            .sorted()
            .toList();
    assertEquals(issued.stream().sorted().toList(), decided);
    assertEquals(devices, versions.size());
    assertTrue(issued.size() >= budgets, "the drifted cohort got budgets: " + issued);
  }

  /** The committed evidence, decided again from nothing, gives what was committed. */
  void checkReplay() throws WireException {
    Map<String, Long> ends = new HashMap<>();
    probe
        .committed(Topics.COHORTS, HEALTH)
        .forEach(h -> ends.merge(h.getCohort(), h.getRoundEndMs(), Math::max));
    try (DriverRig again = new DriverRig(FleetTopology.replay(DriverRig.SETTINGS, new Meters()))) {
      for (ConsumerRecord<String, byte[]> r : probe.committed(Topics.EVIDENCE)) {
        CohortEvent event = EVENTS.decode(r.value());
        boolean closes = event.getBody() instanceof RoundClosed;
        // A round that was closed while the service stopped is not decided yet.
        if (!closes || event.getAtMs() <= ends.getOrDefault(event.getCohort(), 0L)) {
          again.send(Topics.EVIDENCE, r.key(), r.value(), r.timestamp());
        }
      }
      for (String topic :
          List.of(Topics.DECISIONS, Topics.ALERTS, Topics.BUDGETS, Topics.COHORTS)) {
        Map<String, List<String>> live = new TreeMap<>();
        probe.committed(topic).forEach(r -> add(live, r.key(), r.value()));
        Map<String, List<String>> replayed = new TreeMap<>();
        again.written(topic).forEach(r -> add(replayed, r.key(), r.value()));
        assertEquals(live.keySet(), replayed.keySet(), topic);
        live.forEach((key, values) -> assertEquals(values, replayed.get(key), topic + " " + key));
      }
    }
  }

  private static void add(Map<String, List<String>> byKey, String key, byte[] value) {
    byKey
        .computeIfAbsent(key, k -> new ArrayList<>())
        .add(Integer.toHexString(Arrays.hashCode(value)) + "/" + value.length);
  }
}

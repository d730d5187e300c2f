package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.round.FleetView;
import io.fqtfleet.streams.state.FleetLevel;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The cohorts' last rounds, on every instance: the second stage of the aggregation. What is made of
 * them travels in RoundClosed, so a replay does not depend on who had read how far.
 */
final class FleetLevels {
  private static final WireCodec<CohortHealth> CODEC = WireCodec.of(CohortHealth.class);

  private final KeyValueStore<String, byte[]> store;

  FleetLevels(KeyValueStore<String, byte[]> store) {
    this.store = store;
  }

  FleetView view() {
    List<CohortHealth> cohorts = new ArrayList<>();
    try (KeyValueIterator<String, byte[]> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<String, byte[]> entry = all.next();
        try {
          CohortHealth health = CODEC.decode(entry.value);
          if (health.getDevicesKnown() > 0) {
            cohorts.add(health);
          }
        } catch (WireException e) {
          throw new IllegalStateException("what this program wrote can be read", e);
        }
      }
    }
    return FleetView.of(cohorts);
  }

  /**
   * A bound of the fleet's size that moves seldom, because each move makes every reference's bound
   * be computed again: the next power of two, never below what the operator expects.
   */
  static long bound(long known, long expected) {
    long power = known <= 1 ? 1 : Long.highestOneBit(known - 1) << 1;
    return Math.max(expected, power);
  }

  static List<FleetLevel> records(FleetView fleet) {
    List<FleetLevel> levels = new ArrayList<>();
    fleet.levels().forEach((signal, value) -> levels.add(new FleetLevel(signal.name(), value)));
    return levels;
  }

  static Map<Signal, Double> bySignal(List<FleetLevel> levels) {
    Map<Signal, Double> map = new EnumMap<>(Signal.class);
    levels.forEach(level -> map.put(Signal.valueOf(level.getSignal()), level.getResidual()));
    return map;
  }

  /** Fills the global store from the topic of the cohorts' health. */
  static final class Filler implements Processor<String, byte[], Void, Void> {
    private KeyValueStore<String, byte[]> store;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      store = context.getStateStore(Names.LEVEL_STORE);
    }

    @Override
    public void process(Record<String, byte[]> record) {
      store.put(record.key(), record.value());
    }
  }
}

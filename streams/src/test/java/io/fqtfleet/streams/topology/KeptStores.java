package io.fqtfleet.streams.topology;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** The stores of a topology that stopped, for the one that goes on from there. */
final class KeptStores {
  private static final List<String> NAMES =
      List.of(
          Names.INTAKE_STORE,
          Names.COHORT_STORE,
          Names.DEVICE_STORE,
          Names.PENDING_STORE,
          Names.OPEN_STORE,
          Names.ALERT_STORE,
          Names.FEEDBACK_STORE);

  private final Map<String, Map<Bytes, byte[]>> contents = new HashMap<>();

  KeptStores(DriverRig rig) {
    for (String name : NAMES) {
      Map<Bytes, byte[]> entries = new LinkedHashMap<>();
      KeyValueStore<String, byte[]> store = rig.driver.getKeyValueStore(name);
      try (var all = store.all()) {
        all.forEachRemaining(
            e -> entries.put(Bytes.wrap(e.key.getBytes(StandardCharsets.UTF_8)), e.value));
      }
      contents.put(name, entries);
    }
  }

  int size() {
    return contents.values().stream().mapToInt(Map::size).sum();
  }

  KeyValueBytesStoreSupplier supplier(String name) {
    return new KeyValueBytesStoreSupplier() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public KeyValueStore<Bytes, byte[]> get() {
        KeyValueStore<Bytes, byte[]> store = Stores.inMemoryKeyValueStore(name).get();
        contents.getOrDefault(name, Map.of()).forEach(store::put);
        return store;
      }

      @Override
      public String metricsScope() {
        return "in-memory";
      }
    };
  }
}

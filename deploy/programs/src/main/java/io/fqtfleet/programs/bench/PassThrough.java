package io.fqtfleet.programs.bench;

import io.fqtfleet.schemas.Topics;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** The least a stateful topology can do: remember each report under its device and pass it on. */
final class PassThrough {
  static final String OUTPUT = "bench-passed-on";
  private static final String STORE = "last-reports";

  private PassThrough() {}

  static Topology build() {
    Topology topology = new Topology();
    topology.addSource(
        AutoOffsetReset.earliest(),
        "reports",
        new StringDeserializer(),
        new ByteArrayDeserializer(),
        Topics.REPORTS);
    topology
        .addProcessor("remember", Remember::new, "reports")
        .addStateStore(
            Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(STORE), Serdes.String(), Serdes.ByteArray()),
            "remember");
    topology.addSink(
        "passed-on", OUTPUT, new StringSerializer(), new ByteArraySerializer(), "remember");
    return topology;
  }

  /** Reads what it knew, stores what came, passes it on. */
  private static final class Remember implements Processor<String, byte[], String, byte[]> {
    private ProcessorContext<String, byte[]> context;
    private KeyValueStore<String, byte[]> store;

    @Override
    public void init(ProcessorContext<String, byte[]> processorContext) {
      context = processorContext;
      store = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<String, byte[]> record) {
      store.get(record.key());
      store.put(record.key(), record.value());
      context.forward(record);
    }
  }
}

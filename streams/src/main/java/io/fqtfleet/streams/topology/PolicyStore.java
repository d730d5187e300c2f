package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.budget.Policies;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Reads the policies in force. Decodes each version once. Used by one thread. */
final class PolicyStore {
  private static final WireCodec<Policy> CODEC = WireCodec.of(Policy.class);
  private static final byte[] BUILT_IN = CODEC.encode(Policies.DEFAULT);

  /** A policy and the bytes it came as. */
  record InForce(Policy policy, byte[] bytes) {}

  private final KeyValueStore<String, byte[]> store;
  private final Map<String, InForce> decoded = new HashMap<>();

  PolicyStore(KeyValueStore<String, byte[]> store) {
    this.store = store;
  }

  /** The cohort's own, or that for all, or the built-in one. */
  InForce of(String cohort) {
    byte[] bytes = store.get(cohort);
    if (bytes == null) {
      bytes = store.get(Topics.ANY_COHORT);
    }
    if (bytes == null) {
      bytes = BUILT_IN;
    }
    InForce known = decoded.get(cohort);
    if (known == null || !Arrays.equals(known.bytes, bytes)) {
      known = new InForce(decode(bytes), bytes);
      decoded.put(cohort, known);
    }
    return known;
  }

  static Policy decode(byte[] bytes) {
    try {
      return CODEC.decode(bytes);
    } catch (WireException e) {
      throw new IllegalStateException("an adopted policy can be read", e);
    }
  }

  /** Fills the global store from the topic of adopted policies. */
  static final class Filler implements Processor<String, byte[], Void, Void> {
    private KeyValueStore<String, byte[]> store;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      store = context.getStateStore(Names.POLICY_STORE);
    }

    @Override
    public void process(Record<String, byte[]> record) {
      store.put(record.key(), record.value());
    }
  }
}

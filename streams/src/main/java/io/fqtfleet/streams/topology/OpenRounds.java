package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.drift.Part;
import io.fqtfleet.streams.round.Exchange;
import io.fqtfleet.streams.round.Summary;
import io.fqtfleet.streams.state.CohortEvent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Rounds that shards of a cohort decide together, while they do.
 *
 * <p>A shard remembers the record that closed its round and every sum that it got since; with each
 * further one it decides anew from its cards until it lacks the next. So nothing lives in memory
 * that a restart could lose. Where sums are made, summaries wait until they are complete.
 *
 * <p>Keys: that of the lane; {@code meeting/step/shard}, both as 16 hexadecimal digits.
 */
final class OpenRounds {
  private static final char AFTER_SLASH = '/' + 1;

  private static final WireCodec<CohortEvent> EVENTS = WireCodec.of(CohortEvent.class);

  private final KeyValueStore<String, byte[]> store;

  /** Open rounds by lane; mirrors the store. */
  private final Map<String, Open> open = new TreeMap<>();

  OpenRounds(KeyValueStore<String, byte[]> store) {
    this.store = store;
    try (KeyValueIterator<String, byte[]> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<String, byte[]> entry = all.next();
        if (entry.key.indexOf('/') < 0) {
          open.put(entry.key, read(entry.value));
        }
      }
    }
  }

  /**
   * A round of a shard that is not decided yet.
   *
   * @param closed the record that closed it
   * @param sums that the shard got so far
   * @param asked its summary for the next one is on its way
   */
  record Open(CohortEvent closed, List<byte[]> sums, boolean asked) {
    long endMs() {
      return closed.getAtMs();
    }

    Open with(byte[] sum) {
      List<byte[]> more = new ArrayList<>(sums);
      more.add(sum);
      return new Open(closed, more, false);
    }
  }

  /** Shards that can go on. */
  List<Lane> ready() {
    return open.entrySet().stream()
        .filter(entry -> !entry.getValue().asked)
        .map(entry -> Lane.of(entry.getKey()))
        .toList();
  }

  /** The open round of a shard, or null. */
  Open of(Lane lane) {
    return open.get(lane.key());
  }

  private static Open read(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    boolean asked = buffer.get() != 0;
    CohortEvent closed;
    try {
      closed = EVENTS.decode(next(buffer));
    } catch (WireException e) {
      throw new IllegalStateException("what closed a round was read once already", e);
    }
    List<byte[]> sums = new ArrayList<>();
    while (buffer.hasRemaining()) {
      sums.add(next(buffer));
    }
    return new Open(closed, sums, asked);
  }

  private static byte[] next(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.getInt()];
    buffer.get(bytes);
    return bytes;
  }

  void put(Lane lane, Open round) {
    byte[] closed = EVENTS.encode(round.closed);
    int length = 1 + Integer.BYTES + closed.length;
    for (byte[] sum : round.sums) {
      length += Integer.BYTES + sum.length;
    }
    ByteBuffer buffer = ByteBuffer.allocate(length);
    buffer.put((byte) (round.asked ? 1 : 0)).putInt(closed.length).put(closed);
    round.sums.forEach(sum -> buffer.putInt(sum.length).put(sum));
    store.put(lane.key(), buffer.array());
    open.put(lane.key(), round);
  }

  void remove(Lane lane) {
    store.delete(lane.key());
    open.remove(lane.key());
  }

  /** Keeps a shard's summary; gives all of this step if it was the last, which are then dropped. */
  List<byte[]> meet(Lane lane, int step, byte[] summary) {
    String prefix = lane.meeting() + "/" + hex(step);
    store.put(prefix + "/" + hex(lane.shard()), summary);
    List<KeyValue<String, byte[]>> here = new ArrayList<>();
    try (KeyValueIterator<String, byte[]> range = store.range(prefix + "/", prefix + AFTER_SLASH)) {
      range.forEachRemaining(here::add);
    }
    if (here.size() < lane.shards()) {
      return List.of();
    }
    here.forEach(entry -> store.delete(entry.key));
    return here.stream().map(entry -> entry.value).toList();
  }

  private static String hex(long value) {
    return HexFormat.of().toHexDigits(value);
  }

  /** A shard needs a sum that it has not got yet. */
  static final class Waiting extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final int step;
    final transient Summary kind;
    final transient byte[] own;

    Waiting(int step, Summary kind, byte[] own) {
      super("a round waits for the sum of " + kind, null, false, false);
      this.step = step;
      this.kind = kind;
      this.own = own;
    }
  }

  /** Gives a shard the sums that it has, in their order. */
  static final class Sums implements Exchange {
    private final Lane lane;
    private final List<byte[]> sums;
    private int next;

    Sums(Lane lane, List<byte[]> sums) {
      this.lane = lane;
      this.sums = sums;
    }

    @Override
    public <T extends Part<T>> T sum(Summary kind, T own) {
      if (!lane.isSplit()) {
        return own;
      }
      if (next == sums.size()) {
        throw new Waiting(next, kind, kind.encode(own));
      }
      return kind.decode(sums.get(next++));
    }

    @Override
    public boolean speaks() {
      return lane.speaks();
    }
  }
}

package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.state.CohortEvent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Evidence of a task's cohorts that no decision has used yet, many pieces to a value: stored one by
 * one, each report would cost two records of the changelog, to put it there and to take it away.
 *
 * <p>Key: {@code cohort/span/offset}, span and offset as 16 hexadecimal digits, the offset that of
 * the first piece. Value: per piece its length in four bytes and the bytes it came as. A piece is
 * appended to the open chunk of its span; the store's cache turns all puts between two commits into
 * one. Memory holds the open chunks and the keys of the others.
 */
final class PendingEvidence {
  private static final WireCodec<CohortEvent> EVENTS = WireCodec.of(CohortEvent.class);

  /** Event time that a chunk spans; rounds of whole seconds use each chunk at once. */
  private static final long SPAN_MS = 1000;

  private static final char AFTER_SLASH = '/' + 1;

  /** A chunk this long is closed: appending copies it. */
  private static final int CHUNK_BYTES = 8 << 10;

  /** Chunks that grow at one time, so that hours of lag do not fill the memory. */
  private static final int OPEN_MAX = 1024;

  /**
   * @param bytes what is stored
   * @param oldestMs event time of its oldest piece
   */
  private record Chunk(String key, byte[] bytes, long oldestMs) {}

  private final KeyValueStore<String, byte[]> store;

  /** Per cohort: key of each chunk and event time of its oldest piece; mirrors the store. */
  private final Map<String, TreeMap<String, Long>> chunks = new HashMap<>();

  /** By cohort and span: the chunk that grows. */
  private final Map<String, Chunk> open =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Chunk> eldest) {
          return size() > OPEN_MAX;
        }
      };

  PendingEvidence(KeyValueStore<String, byte[]> store) {
    this.store = store;
    try (KeyValueIterator<String, byte[]> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<String, byte[]> chunk = all.next();
        long oldest = Long.MAX_VALUE;
        for (byte[] piece : pieces(chunk.value)) {
          oldest = Math.min(oldest, decode(piece).getAtMs());
        }
        String cohort = chunk.key.substring(0, chunk.key.indexOf('/'));
        keys(cohort).put(chunk.key, oldest);
      }
    }
  }

  private TreeMap<String, Long> keys(String cohort) {
    return chunks.computeIfAbsent(cohort, c -> new TreeMap<>());
  }

  /** The first time after this that no chunk of a round that ends then is looked for at. */
  static long after(long endMs) {
    return -Math.floorDiv(-endMs, SPAN_MS) * SPAN_MS;
  }

  /**
   * @param atMs event time, or later, for a round that is not to have it
   * @param offset of the record that it came in
   */
  void add(String cohort, long atMs, byte[] piece, long offset) {
    String span = cohort + "/" + hex(Math.floorDiv(atMs, SPAN_MS));
    Chunk before = open.get(span);
    Chunk after =
        before == null
            ? new Chunk(span + "/" + hex(offset), append(new byte[0], piece), atMs)
            : new Chunk(before.key, append(before.bytes, piece), Math.min(before.oldestMs, atMs));
    store.put(after.key, after.bytes);
    keys(cohort).put(after.key, after.oldestMs);
    if (after.bytes.length < CHUNK_BYTES) {
      open.put(span, after);
    } else {
      open.remove(span);
    }
  }

  private static String hex(long value) {
    return HexFormat.of().toHexDigits(value);
  }

  private static byte[] append(byte[] chunk, byte[] piece) {
    byte[] longer = Arrays.copyOf(chunk, chunk.length + Integer.BYTES + piece.length);
    ByteBuffer.wrap(longer).putInt(chunk.length, piece.length);
    System.arraycopy(piece, 0, longer, chunk.length + Integer.BYTES, piece.length);
    return longer;
  }

  private static List<byte[]> pieces(byte[] chunk) {
    List<byte[]> pieces = new ArrayList<>();
    ByteBuffer buffer = ByteBuffer.wrap(chunk);
    while (buffer.hasRemaining()) {
      byte[] piece = new byte[buffer.getInt()];
      buffer.get(piece);
      pieces.add(piece);
    }
    return pieces;
  }

  private static CohortEvent decode(byte[] piece) {
    try {
      return EVENTS.decode(piece);
    } catch (WireException e) {
      throw new IllegalStateException("evidence was read once already", e);
    }
  }

  /** Event time of the oldest evidence of a cohort, -1 = none. */
  long oldestMs(String cohort) {
    TreeMap<String, Long> keys = chunks.get(cohort);
    if (keys == null) {
      return -1;
    }
    // Chunks of one span need not begin with their oldest piece; a later span's are all younger.
    long oldest = Long.MAX_VALUE;
    String span = keys.firstKey().substring(0, spanEnd(cohort));
    for (long first : keys.subMap(span + "/", span + AFTER_SLASH).values()) {
      oldest = Math.min(oldest, first);
    }
    return oldest;
  }

  private static int spanEnd(String cohort) {
    return cohort.length() + 1 + 2 * Long.BYTES;
  }

  /**
   * What a round is decided from.
   *
   * @param rests what stays of each chunk that was read: of most nothing
   */
  record Batch(String cohort, List<CohortEvent> events, List<Chunk> rests) {}

  /** All evidence of a cohort that is older than a round's end; it stays until removed. */
  Batch before(String cohort, long endMs) {
    Batch batch = new Batch(cohort, new ArrayList<>(), new ArrayList<>());
    String end = cohort + "/" + hex(Math.floorDiv(endMs - 1, SPAN_MS)) + AFTER_SLASH;
    for (String key : chunks.getOrDefault(cohort, new TreeMap<>()).headMap(end).keySet()) {
      byte[] rest = new byte[0];
      long oldest = Long.MAX_VALUE;
      for (byte[] piece : pieces(store.get(key))) {
        CohortEvent event = decode(piece);
        if (event.getAtMs() < endMs) {
          batch.events.add(event);
        } else {
          rest = append(rest, piece);
          oldest = Math.min(oldest, event.getAtMs());
        }
      }
      batch.rests.add(new Chunk(key, rest, oldest));
    }
    return batch;
  }

  void remove(Batch batch) {
    TreeMap<String, Long> keys = chunks.getOrDefault(batch.cohort, new TreeMap<>());
    for (Chunk rest : batch.rests) {
      open.remove(rest.key.substring(0, spanEnd(batch.cohort)));
      if (rest.bytes.length > 0) {
        store.put(rest.key, rest.bytes);
        keys.put(rest.key, rest.oldestMs);
      } else {
        store.delete(rest.key);
        keys.remove(rest.key);
      }
    }
    if (keys.isEmpty()) {
      chunks.remove(batch.cohort);
    }
  }
}

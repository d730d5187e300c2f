package io.fqtfleet.streams.topology;

import io.fqtfleet.streams.round.CohortCard;
import io.fqtfleet.streams.round.DeviceCard;
import io.fqtfleet.streams.state.CohortEvent;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The stores of the cohorts of one task, and of the shards of those that are split.
 *
 * <p>Keys: that of the {@link Lane}, in short the cohort; {@code cohort/device}; of the evidence
 * see {@link PendingEvidence}, of open rounds {@link OpenRounds}. A cohort's name has no slash.
 */
final class CohortStores {
  /** The character after the slash: the end of a range over one cohort. */
  private static final char AFTER_SLASH = '/' + 1;

  /** Below so many one thread is done as soon. */
  private static final int SPREAD_DEVICES = 2048;

  private final KeyValueStore<String, byte[]> cohortCards;
  private final KeyValueStore<String, byte[]> deviceCards;
  private final PendingEvidence pending;
  private final OpenRounds openRounds;

  /** Cohorts of this task, with the end of their last closed round; mirrors the store. */
  private final TreeMap<String, Long> closedUntil = new TreeMap<>();

  /** End of the round whose RoundClosed is on its way. */
  private final Map<String, Long> sent = new HashMap<>();

  CohortStores(ProcessorContext<String, byte[]> context) {
    cohortCards = context.getStateStore(Names.COHORT_STORE);
    deviceCards = context.getStateStore(Names.DEVICE_STORE);
    pending = new PendingEvidence(context.getStateStore(Names.PENDING_STORE));
    openRounds = new OpenRounds(context.getStateStore(Names.OPEN_STORE));
    try (KeyValueIterator<String, byte[]> all = cohortCards.all()) {
      all.forEachRemaining(e -> closedUntil.put(e.key, CohortCard.of(e.value).closedUntilMs()));
    }
  }

  Set<String> cohorts() {
    return new TreeSet<>(closedUntil.keySet());
  }

  OpenRounds openRounds() {
    return openRounds;
  }

  /**
   * Evidence that comes while its round is being decided counts in the next one.
   *
   * @param openUntilMs end of that round; 0 = none is open
   */
  void keep(Lane lane, CohortEvent event, byte[] bytes, long offset, long openUntilMs) {
    boolean late = event.getAtMs() < openUntilMs;
    long atMs = late ? PendingEvidence.after(openUntilMs) : event.getAtMs();
    pending.add(lane.key(), atMs, bytes, offset);
  }

  /** Has rounds closed from now on; false if they are already. */
  boolean enter(Lane lane) {
    if (closedUntil.containsKey(lane.key())) {
      return false;
    }
    CohortCard fresh = new CohortCard();
    cohortCards.put(lane.key(), fresh.toBytes());
    closedUntil.put(lane.key(), fresh.closedUntilMs());
    return true;
  }

  /**
   * End of the next round to close, or 0 if none is over. Rounds that hold evidence are closed one
   * by one; those without, when nothing older waits, are passed over up to the last.
   *
   * @param overMs rounds that end until then are over
   */
  long nextEnd(String cohort, int roundMs, long overMs) {
    long closed = closedUntil.get(cohort);
    long lastEnd = Math.floorDiv(overMs, (long) roundMs) * roundMs;
    if (openRounds.of(Lane.of(cohort)) != null) {
      return 0;
    }
    if (lastEnd <= closed || sent.getOrDefault(cohort, 0L) > closed) {
      return 0;
    }
    long oldest = pending.oldestMs(cohort);
    if (oldest < 0) {
      return lastEnd;
    }
    if (closed == 0 && oldest >= lastEnd) {
      // A new cohort's first round is the one that it was first heard of in.
      return 0;
    }
    long start = Math.max(oldest, closed);
    return Math.min(lastEnd, (Math.floorDiv(start, (long) roundMs) + 1) * roundMs);
  }

  void markSent(String cohort, long endMs) {
    sent.put(cohort, endMs);
  }

  CohortCard cohort(String name) {
    byte[] bytes = cohortCards.get(name);
    return bytes == null ? new CohortCard() : CohortCard.of(bytes);
  }

  /** What a decision starts from. */
  record Loaded(
      SortedMap<String, DeviceCard> cards,
      Map<String, byte[]> stored,
      PendingEvidence.Batch pending) {
    List<CohortEvent> events() {
      return pending.events();
    }
  }

  Loaded load(String cohort, long endMs) {
    Map<String, byte[]> stored = new HashMap<>();
    try (KeyValueIterator<String, byte[]> range =
        deviceCards.range(cohort + "/", cohort + AFTER_SLASH)) {
      range.forEachRemaining(e -> stored.put(e.key.substring(cohort.length() + 1), e.value));
    }
    TreeMap<String, DeviceCard> cards = new TreeMap<>();
    many(stored.entrySet())
        .map(e -> Map.entry(e.getKey(), DeviceCard.of(e.getValue())))
        .toList()
        .forEach(e -> cards.put(e.getKey(), e.getValue()));
    return new Loaded(cards, stored, pending.before(cohort, endMs));
  }

  /** A huge cohort's cards are read and written by all processors. */
  private static <T> Stream<T> many(Collection<T> all) {
    return all.size() < SPREAD_DEVICES ? all.stream() : all.parallelStream();
  }

  void store(String name, CohortCard cohort, Loaded loaded, Set<String> departed) {
    pending.remove(loaded.pending);
    departed.forEach(device -> deviceCards.delete(name + "/" + device));
    many(loaded.cards.entrySet())
        .map(e -> Map.entry(e.getKey(), e.getValue().toBytes()))
        .filter(e -> !Arrays.equals(e.getValue(), loaded.stored.get(e.getKey())))
        .toList()
        .forEach(e -> deviceCards.put(name + "/" + e.getKey(), e.getValue()));
    cohortCards.put(name, cohort.toBytes());
    closedUntil.put(name, cohort.closedUntilMs());
  }

  /** A cohort that nobody is left of. */
  void forget(String name) {
    cohortCards.delete(name);
    closedUntil.remove(name);
    sent.remove(name);
  }

  /** Evidence waits for a later round. */
  boolean isPending(String name) {
    return pending.oldestMs(name) >= 0;
  }
}

package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.CohortMoves;
import io.fqtfleet.streams.drift.CohortPool;
import io.fqtfleet.streams.drift.Discoveries;
import io.fqtfleet.streams.drift.EvidenceSum;
import io.fqtfleet.streams.drift.Histogram;
import io.fqtfleet.streams.drift.Longs;
import io.fqtfleet.streams.drift.Part;
import io.fqtfleet.streams.round.CardBytes.Reader;
import java.util.Collection;

/** What the shards of a cohort tell each other in a round, in the order in which they ask. */
public enum Summary {
  /** Who there is and what was counted. */
  ROSTER(Roster::read),
  /** Evidence and references before the round. */
  PAST(in -> new Both<>(Suspects.read(in), CohortPool.read(in))),
  /** How far devices moved in it. */
  MOVES(in -> new Both<>(CohortMoves.read(in), Named.read(in, SignalMoves::read))),
  EVIDENCE(in -> new Both<>(EvidenceSum.read(in), Longs.read(in))),
  STANDOUTS(Standouts::read),
  /** Residuals by attribute, if something stands out. */
  GROUPS(in -> Named.read(in, Longs::read)),
  EXPLAINED(Longs::read),
  /** Late reports that may refute an alert. */
  LATE(Longs::read),
  /** Is it the typical device that moved? */
  DENSE(Histogram::read),
  /** How bad the devices are that an incident of some is about. */
  LEVEL(Longs::read),
  /** Of a rollout: sums, then who comes next. */
  ROLLOUT(Longs::read),
  NEXT(in -> Named.read(in, Longs::read)),
  AFFECTED(Top::read),
  CONFIRMED(Discoveries::read),
  /** Devices that break a rule. */
  BROKEN(in -> Named.read(in, Top::read)),
  /** Of an attribute that several cohorts suffer from. */
  SHARERS(Top::read),
  TOTALS(in -> new Both<>(Longs.read(in), Named.read(in, AttributeGroup::read)));

  private static final int VERSION = 1;

  private final Reader<? extends Part<?>> reader;

  Summary(Reader<? extends Part<?>> reader) {
    this.reader = reader;
  }

  public byte[] encode(Part<?> part) {
    return CardBytes.write(VERSION, part::write);
  }

  /** A summary of this kind. */
  @SuppressWarnings("unchecked")
  public <T extends Part<T>> T decode(byte[] bytes) {
    return (T) CardBytes.read("summary " + name(), VERSION, bytes, reader);
  }

  /**
   * The sum of the shards' summaries.
   *
   * @param shards at least one, in any order
   */
  public byte[] add(Collection<byte[]> shards) {
    return encode(addAll(shards));
  }

  private <T extends Part<T>> T addAll(Collection<byte[]> shards) {
    T sum = null;
    for (byte[] shard : shards) {
      T next = decode(shard);
      sum = sum == null ? next : sum.merge(next);
    }
    return sum;
  }
}

package io.fqtfleet.streams.rollout;

import io.fqtfleet.streams.drift.Longs;
import io.fqtfleet.streams.rollout.Participant.Obedience;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The devices of a cohort, as a rollout sees them in one round: of all shards their sums, of this
 * shard the devices themselves.
 */
public final class Crowd {
  /** What is counted; numbers that are no integers in parts of one. */
  enum Sum {
    DEVICES,
    EXPOSED,
    APPLIED,
    PENDING,
    FAILED,
    SAMPLES,
    ERRORS,
    EXPECTED,
    /** Of exposed devices that do not run the new terms. */
    OMITTED_SAMPLES,
    OMITTED_ERRORS,
    OMITTED_EXPECTED,
    OTHER_SAMPLES,
    OTHER_ERRORS,
    OTHER_EXPECTED,
    KNOWN,
    VARIANCE,
    OTHER_KNOWN,
    OTHER_VARIANCE,
    DISPERSED,
    DISPERSION
  }

  /** What the other shards of the cohort know. */
  public interface Everyone {
    /** A cohort that is one shard. */
    Everyone ALONE =
        new Everyone() {
          @Override
          public Longs sum(Longs own) {
            return own;
          }

          @Override
          public SortedMap<String, Longs> union(SortedMap<String, Longs> own) {
            return own;
          }
        };

    Longs sum(Longs own);

    SortedMap<String, Longs> union(SortedMap<String, Longs> own);
  }

  private static final double UNITS = 1L << 32;

  /** Parts of the hashes' range: of 100,000 devices some 25 are in each. */
  private static final int BINS = 1 << 12;

  private static final int BIN_SHIFT = Long.SIZE - 12;

  private final List<Participant> here;
  private final Everyone everyone;
  private final boolean withdrawn;
  private Longs sums;

  public Crowd(List<Participant> here, Everyone everyone) {
    this(here, everyone, false);
  }

  private Crowd(List<Participant> here, Everyone everyone, boolean withdrawn) {
    this.here = here;
    this.everyone = everyone;
    this.withdrawn = withdrawn;
  }

  /** As it is once the new terms were withdrawn. */
  Crowd unexposed() {
    return new Crowd(here, everyone, true);
  }

  private boolean exposed(Participant p) {
    return p.exposed() && !withdrawn;
  }

  int devices() {
    return (int) get(Sum.DEVICES);
  }

  long get(Sum sum) {
    if (sums == null) {
      sums = everyone.sum(own());
    }
    return sums.get(sum.ordinal());
  }

  /** A number that is no integer. */
  double real(Sum sum) {
    return get(sum) / UNITS;
  }

  private Longs own() {
    Longs own = new Longs(new long[Sum.values().length]);
    for (Participant p : here) {
      boolean exposed = exposed(p);
      add(own, Sum.DEVICES, 1);
      add(own, Sum.EXPOSED, exposed ? 1 : 0);
      if (exposed && p.online()) {
        add(own, Sum.APPLIED, p.obedience() == Obedience.APPLIED ? 1 : 0);
        add(own, Sum.PENDING, p.obedience() == Obedience.PENDING ? 1 : 0);
        add(own, Sum.FAILED, p.obedience() == Obedience.FAILED ? 1 : 0);
      }
      if (p.isMeasured()) {
        measure(own, p, !exposed ? Sum.OTHER_SAMPLES : side(p));
      }
      if (!Double.isNaN(p.usualError())) {
        Sum known = exposed ? Sum.KNOWN : Sum.OTHER_KNOWN;
        own.add(known.ordinal(), 1);
        own.add(known.ordinal() + 1, Math.round(p.usualVariance() * UNITS));
      }
      if (p.dispersion() >= 1) {
        add(own, Sum.DISPERSED, 1);
        add(own, Sum.DISPERSION, Math.round(p.dispersion() * UNITS));
      }
    }
    return own;
  }

  private static Sum side(Participant p) {
    return p.obedience() == Obedience.APPLIED ? Sum.SAMPLES : Sum.OMITTED_SAMPLES;
  }

  private static void measure(Longs own, Participant p, Sum samples) {
    own.add(samples.ordinal(), p.samples());
    own.add(samples.ordinal() + 1, p.errors());
    own.add(samples.ordinal() + 2, Math.round(p.samples() * p.usualError() * UNITS));
  }

  private static void add(Longs own, Sum sum, long value) {
    own.add(sum.ordinal(), value);
  }

  /**
   * Who gets the new terms next.
   *
   * @param count of all shards
   * @param first names, as many as are shown, of all shards
   * @param here the devices of this shard
   */
  record Next(int count, List<String> first, List<String> here) {}

  /**
   * The first so many in the order of {@link CanaryOrder}: those in the parts of the hashes' range
   * that are taken as a whole, and of the part in which the last one lies those that are needed.
   *
   * @param all not only eligible devices
   */
  Next next(String rollout, boolean all, int wanted, int shown) {
    TreeMap<String, Long> hashes = new TreeMap<>();
    Longs bins = new Longs(new long[BINS]);
    for (Participant p : here) {
      if (!exposed(p) && (all || p.eligible())) {
        long hash = CanaryOrder.hash(rollout, p.device());
        hashes.put(p.device(), hash);
        bins.add(bin(hash), 1);
      }
    }
    Longs everywhere = everyone.sum(bins);
    int cut = binOf(everywhere, wanted);
    int lastShown = binOf(everywhere, Math.min(shown, wanted));
    TreeMap<String, Longs> near = new TreeMap<>();
    hashes.forEach(
        (device, hash) -> {
          if (bin(hash) == cut || bin(hash) <= lastShown) {
            near.put(device, new Longs(hash));
          }
        });
    long before = 0;
    for (int b = 0; b < cut; b++) {
      before += everywhere.get(b);
    }
    List<String> ordered = ordered(everyone.union(near));
    List<String> taken =
        ordered.stream()
            .filter(device -> bin(CanaryOrder.hash(rollout, device)) == cut)
            .limit(wanted - before)
            .toList();
    List<String> chosen = new ArrayList<>();
    hashes.forEach(
        (device, hash) -> {
          if (bin(hash) < cut || bin(hash) == cut && taken.contains(device)) {
            chosen.add(device);
          }
        });
    int count = (int) before + taken.size();
    return new Next(count, ordered.stream().limit(Math.min(shown, count)).toList(), chosen);
  }

  private static List<String> ordered(SortedMap<String, Longs> hashes) {
    return hashes.entrySet().stream()
        .sorted(
            Comparator.<Map.Entry<String, Longs>>comparingLong(e -> e.getValue().get(0))
                .thenComparing(Map.Entry::getKey))
        .map(Map.Entry::getKey)
        .toList();
  }

  private static int bin(long hash) {
    return (int) (hash - Long.MIN_VALUE >>> BIN_SHIFT);
  }

  /** The bin in which the one with this number lies; the last one if there are fewer. */
  private static int binOf(Longs bins, int number) {
    long count = 0;
    for (int b = 0; b < BINS - 1; b++) {
      count += bins.get(b);
      if (count >= number) {
        return b;
      }
    }
    return BINS - 1;
  }
}

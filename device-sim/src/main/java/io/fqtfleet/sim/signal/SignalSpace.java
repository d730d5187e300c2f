package io.fqtfleet.sim.signal;

import java.util.List;

/**
 * All sources of one experiment: the same classes in several named domains. What a scenario talks
 * about, whether the windows come from physics or from files.
 */
public interface SignalSpace {
  List<String> classNames();

  List<String> domains();

  /**
   * A device's sensor in a domain.
   *
   * @param firstIndex the window it is used from; a finite source counts freshness from there
   */
  SampleSource source(String domain, long seed, long firstIndex);

  /** Windows for training the factory weights; disjoint from those of {@link #source}. */
  SampleSource training(String domain, long seed);

  /** Windows between two domains, both ends included, for incremental drift. */
  List<SampleSource> between(String from, String to, int steps, long seed, long firstIndex);

  /** Everything that decides the windows, as text: part of the name of cached weights. */
  String identity();

  /** A source that goes from the windows of {@code before} over to another domain. */
  default SampleSource drift(SampleSource before, Change change, long seed) {
    List<SampleSource> stages =
        change.profile() == DriftProfile.INCREMENTAL
            ? stages(before, change, seed)
            : List.of(before, source(change.to(), seed, change.onset()));
    return new DriftingSource(stages, change.profile(), change.onset(), change.span(), seed);
  }

  private List<SampleSource> stages(SampleSource before, Change change, long seed) {
    List<SampleSource> stages =
        new java.util.ArrayList<>(
            between(change.from(), change.to(), Change.STEPS, seed, change.onset()));
    stages.set(0, before);
    return stages;
  }

  /**
   * One change of domain.
   *
   * @param onset first window that may be of the new domain
   * @param span windows of the change; ignored when abrupt
   */
  record Change(String from, String to, DriftProfile profile, long onset, long span) {
    /** Domains of an incremental change, both ends included. */
    static final int STEPS = 17;
  }
}

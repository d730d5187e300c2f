package io.fqtfleet.sim.signal;

import java.util.List;

/** A source whose domain changes at a window index. A function of the index like any source. */
public final class DriftingSource implements SampleSource {
  private final List<SampleSource> stages;
  private final DriftProfile profile;
  private final long onset;
  private final long span;
  private final long seed;

  /**
   * @param stages the domain before, those between (incremental only), the domain after
   * @param onset first window that may be of the new domain
   * @param span windows of the change; ignored when abrupt
   */
  DriftingSource(
      List<SampleSource> stages, DriftProfile profile, long onset, long span, long seed) {
    if (profile != DriftProfile.ABRUPT && span < 1) {
      throw new IllegalArgumentException(
          "a %s drift needs a span of at least one window, not %d"
              .formatted(profile.name().toLowerCase(java.util.Locale.ROOT), span));
    }
    this.stages = List.copyOf(stages);
    this.profile = profile;
    this.onset = onset;
    this.span = span;
    this.seed = Chance.seed(seed, "drift");
  }

  @Override
  public int classes() {
    return stages.get(0).classes();
  }

  @Override
  public int window(long index, short[] out, int offset) {
    return stages.get(stage(index)).window(index, out, offset);
  }

  @Override
  public boolean fresh(long index) {
    return stages.get(stage(index)).fresh(index);
  }

  /** Which domain window {@code index} is of: 0 = before, stages-1 = after. */
  int stage(long index) {
    long since = index - onset;
    int last = stages.size() - 1;
    if (since < 0) {
      return 0;
    }
    return switch (profile) {
      case ABRUPT -> last;
      case GRADUAL -> {
        double chanceOfNew = (double) (since + 1) / span;
        yield new Chance(Chance.seed(seed, index)).uniform() < chanceOfNew ? last : 0;
      }
      case INCREMENTAL -> (int) Math.min(last, since * last / span + 1);
      case RECURRING -> since / span % 2 == 0 ? last : 0;
      case SEASONAL -> {
        double chanceOfNew = 0.5 - 0.5 * StrictMath.cos(StrictMath.PI * since / span);
        yield new Chance(Chance.seed(seed, index)).uniform() < chanceOfNew ? last : 0;
      }
    };
  }
}

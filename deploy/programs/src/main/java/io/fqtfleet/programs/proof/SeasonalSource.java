package io.fqtfleet.programs.proof;

import io.fqtfleet.sim.signal.Chance;
import io.fqtfleet.sim.signal.SampleSource;
import java.util.List;

/**
 * A world that swings between two ends and back, as with day and night: from the first stage by (1
 * - cos) / 2 to the last. Between two stages chance decides, by the nearness of each.
 */
final class SeasonalSource implements SampleSource {
  private final List<SampleSource> stages;
  private final long from;
  private final long period;
  private final long seed;

  /**
   * @param from first window that may differ from the first stage
   * @param period windows of one swing there and back
   */
  SeasonalSource(List<SampleSource> stages, long from, long period, long seed) {
    this.stages = List.copyOf(stages);
    this.from = from;
    this.period = period;
    this.seed = Chance.seed(seed, "season");
  }

  private SampleSource at(long index) {
    if (index < from) {
      return stages.get(0);
    }
    double phase = 2 * StrictMath.PI * ((index - from) % period) / period;
    double place = (stages.size() - 1) * (1 - StrictMath.cos(phase)) / 2;
    int below = (int) Math.min(stages.size() - 2, Math.floor(place));
    boolean above = new Chance(Chance.seed(seed, index)).uniform() < place - below;
    return stages.get(below + (above ? 1 : 0));
  }

  @Override
  public int classes() {
    return stages.get(0).classes();
  }

  @Override
  public int window(long index, short[] out, int offset) {
    return at(index).window(index, out, offset);
  }

  @Override
  public boolean fresh(long index) {
    return at(index).fresh(index);
  }
}

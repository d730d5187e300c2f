package io.fqtfleet.sim.signal;

/**
 * Windows of one domain and channel of a data set. Classes come as in {@link ClassSequence}; inside
 * a class windows come in time order, from a place that differs between devices.
 *
 * <p>The split is by time: in each class and domain the first third is for training factory
 * weights, the rest for streams. It is never drawn at random, since neighbouring windows resemble
 * each other.
 */
public final class DataSetSource implements SampleSource {
  /** Part of a data set. */
  public enum Split {
    TRAINING,
    STREAM
  }

  private final FileDataSet set;
  private final int channel;
  private final int[][] rows;
  private final int[] start;
  private final long firstBlock;
  private final ClassSequence sequence;

  /**
   * @param firstIndex the window it is used from; freshness is counted from there
   * @throws IllegalArgumentException if the windows do not fit the devices
   */
  public DataSetSource(FileDataSet set, Place place, Split split, long seed, long firstIndex) {
    if (!set.integers() || set.samples() != WINDOW) {
      throw new IllegalArgumentException(
          "data set '%s' has windows of %d %s samples; devices take %d int16 samples"
              .formatted(set.name(), set.samples(), set.integers() ? "int16" : "float32", WINDOW));
    }
    if (place.channel() < 0 || place.channel() >= set.channels()) {
      throw new IllegalArgumentException(
          "channel %d is not in 0..%d of data set '%s'"
              .formatted(place.channel(), set.channels() - 1, set.name()));
    }
    this.set = set;
    this.channel = place.channel();
    int classes = set.classNames().size();
    this.sequence = new ClassSequence(seed, classes);
    this.firstBlock = sequence.block(firstIndex);
    this.rows = new int[classes][];
    this.start = new int[classes];
    Chance chance = new Chance(Chance.seed(seed, "start"));
    for (int c = 0; c < classes; c++) {
      rows[c] = part(set.rows(c, place.domain()), split);
      if (rows[c].length == 0) {
        throw new IllegalArgumentException(
            "data set '%s' has too few windows of class %s in domain %d"
                .formatted(set.name(), set.classNames().get(c), place.domain()));
      }
      start[c] = chance.below(rows[c].length);
    }
  }

  /** Where in a data set: the domain's number and the channel. */
  public record Place(int domain, int channel) {}

  private static int[] part(int[] rows, Split split) {
    int border = rows.length / 3;
    return split == Split.TRAINING
        ? java.util.Arrays.copyOfRange(rows, 0, border)
        : java.util.Arrays.copyOfRange(rows, border, rows.length);
  }

  @Override
  public int classes() {
    return rows.length;
  }

  @Override
  public int window(long index, short[] out, int offset) {
    int label = sequence.classAt(index);
    int[] ofClass = rows[label];
    int at = (int) ((start[label] + sequence.block(index)) % ofClass.length);
    set.copy(ofClass[at], channel, out, offset);
    return label;
  }

  @Override
  public boolean fresh(long index) {
    return sequence.block(index) - firstBlock < rows[sequence.classAt(index)].length;
  }
}

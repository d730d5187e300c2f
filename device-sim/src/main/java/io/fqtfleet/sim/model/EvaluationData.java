package io.fqtfleet.sim.model;

import io.fqtfleet.sim.device.NativeAgent;
import io.fqtfleet.sim.model.LayerDescription.Shape;
import io.fqtfleet.sim.model.ModelDescription.InputKind;
import io.fqtfleet.sim.signal.FileDataSet;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * A data set as one model sees it: its places (a domain, seen by one sensor or by all of them) and
 * for each place which windows are for training and which for testing, in time order per class.
 *
 * <p>The split is by time, never at random, since neighbouring windows resemble each other. Where
 * the set states each window's place in its recording, training has the first {@value
 * #TRAINING_SHARE} of it, tests the part from {@value #TEST_SHARE} on. Where it does not, each
 * recording (or each class of a domain) is halved, and one window between the halves is left out.
 *
 * <p>Immutable once made; shared by threads.
 */
final class EvaluationData {
  /** Of 236 windows: 0..139, and 150..235. */
  static final double TRAINING_SHARE = 0.595;

  static final double TEST_SHARE = 0.636;

  /** Windows turned into codes at a time. */
  private static final int CHUNK = 256;

  private static final int ALL_CHANNELS = -1;

  private final FileDataSet set;
  private final boolean jointly;
  private final int indexes;
  private final CodeSet codes;

  /** A domain seen by one channel, or by all together (-1). */
  record Place(int domain, int channel, String name) {}

  /** Samples (indices into {@link #codes}) by class, in time order. */
  record Split(List<int[]> training, List<int[]> test) {}

  /**
   * @throws ModelException if the model cannot read these windows
   */
  EvaluationData(FileDataSet set, ModelDescription model) {
    this.set = set;
    ModelDescription.Input input = model.input();
    int perChannel = input.kind() == InputKind.SPECTRA ? NativeAgent.WINDOW : input.shape().w();
    boolean single = input.kind() == InputKind.SPECTRA || input.shape().c() == 1;
    this.jointly = !single && input.shape().c() == set.channels();
    if (input.kind() == InputKind.CODES
        || !set.integers()
        || perChannel != set.samples()
        || !(single || jointly)) {
      throw new ModelException(
          "model %s reads %s; data set '%s' has windows of %d %s samples in %d channels: %s"
              .formatted(
                  model.name(),
                  reads(input),
                  set.name(),
                  set.samples(),
                  set.integers() ? "int16" : "float32",
                  set.channels(),
                  "write a model with 'input window %d channels %d'"
                      .formatted(set.samples(), set.channels())));
    }
    this.indexes = jointly ? 1 : set.channels();
    this.codes = new CodeSet(input, set.windows() * indexes);
    fill();
  }

  /** True if the model can read the set's windows. */
  static boolean fits(FileDataSet set, ModelDescription model) {
    ModelDescription.Input input = model.input();
    Shape shape = input.shape();
    boolean spectra = input.kind() == InputKind.SPECTRA;
    return input.kind() != InputKind.CODES
        && set.integers()
        && set.samples() == (spectra ? NativeAgent.WINDOW : shape.w())
        && (spectra || shape.c() == 1 || shape.c() == set.channels());
  }

  private static String reads(ModelDescription.Input input) {
    return switch (input.kind()) {
      case SPECTRA -> "windows of 512 int16 samples in one channel";
      case WINDOW ->
          "windows of %d int16 samples in %d channels"
              .formatted(input.shape().w(), input.shape().c());
      case CODES -> "codes, no windows";
    };
  }

  private void fill() {
    int samples = codes.windowSamples();
    for (int first = 0; first < codes.count(); first += CHUNK) {
      int count = Math.min(CHUNK, codes.count() - first);
      short[] windows = new short[count * samples];
      for (int i = 0; i < count; i++) {
        int row = (first + i) / indexes;
        if (jointly) {
          interleave(row, windows, i * samples);
        } else {
          set.copy(row, (first + i) % indexes, windows, i * samples);
        }
      }
      codes.putWindows(first, windows, count);
    }
  }

  /** From [channel][sample] on disk to [sample][channel]. */
  private void interleave(int row, short[] out, int offset) {
    int channels = set.channels();
    short[] one = new short[set.samples()];
    for (int channel = 0; channel < channels; channel++) {
      set.copy(row, channel, one, 0);
      for (int i = 0; i < one.length; i++) {
        out[offset + i * channels + channel] = one[i];
      }
    }
  }

  CodeSet codes() {
    return codes;
  }

  int classes() {
    return set.classNames().size();
  }

  /** Class of a sample. */
  byte label(int sample) {
    return (byte) set.label(sample / indexes);
  }

  /** Every domain with windows, channel by channel. */
  List<Place> places() {
    TreeSet<Integer> domains = new TreeSet<>();
    for (int row = 0; row < set.windows(); row++) {
      domains.add(set.domain(row));
    }
    List<Place> places = new ArrayList<>();
    for (int channel = 0; channel < indexes; channel++) {
      for (int domain : domains) {
        String name =
            domain < set.domainNames().size()
                ? set.domainNames().get(domain)
                : Integer.toString(domain);
        String seenBy = indexes > 1 ? " channel " + channel : "";
        places.add(new Place(domain, jointly ? ALL_CHANNELS : channel, name + seenBy));
      }
    }
    return places;
  }

  /**
   * Places by the names of their domains; a name alone is its first channel.
   *
   * @param names empty = where the publisher of the data trains, or else the first place
   * @throws ModelException naming those that there are
   */
  List<Place> places(List<String> names) {
    List<Place> all = places();
    if (names.isEmpty()) {
      return suggested(all);
    }
    List<Place> found = new ArrayList<>();
    for (String name : names) {
      List<Place> named =
          all.stream()
              .filter(p -> p.name().equals(name) || p.name().equals(name + " channel 0"))
              .toList();
      if (named.isEmpty()) {
        throw new ModelException(
            "source '%s' is not one of %s".formatted(name, all.stream().map(Place::name).toList()));
      }
      found.addAll(named);
    }
    return found;
  }

  private List<Place> suggested(List<Place> all) {
    TreeSet<Integer> published = new TreeSet<>();
    for (int row = 0; row < set.windows(); row++) {
      if (set.isPublishedForTraining(row)) {
        published.add(set.domain(row));
      }
    }
    List<Place> sources =
        all.stream()
            .filter(place -> place.channel() <= 0 && published.contains(place.domain()))
            .toList();
    return sources.isEmpty() || sources.size() == all.size() ? List.of(all.get(0)) : sources;
  }

  int[] samples(List<Place> places, boolean training) {
    return Examples.samples(places.stream().map(this::split).toList(), training);
  }

  /** Windows of a place; classes without windows there have none. */
  Split split(Place place) {
    List<int[]> training = new ArrayList<>();
    List<int[]> test = new ArrayList<>();
    for (int label = 0; label < classes(); label++) {
      int[] rows = set.rows(label, place.domain());
      List<Integer> early = new ArrayList<>();
      List<Integer> late = new ArrayList<>();
      if (set.hasWindowIndex()) {
        splitByIndex(rows, early, late);
      } else {
        splitByHalves(rows, early, late);
      }
      training.add(samples(early, place));
      test.add(samples(late, place));
    }
    return new Split(training, test);
  }

  private void splitByIndex(int[] rows, List<Integer> early, List<Integer> late) {
    int end = 0;
    for (int row : rows) {
      end = Math.max(end, set.time(row) + 1);
    }
    for (int row : rows) {
      if (set.time(row) < Math.floor(end * TRAINING_SHARE)) {
        early.add(row);
      } else if (set.time(row) >= Math.floor(end * TEST_SHARE)) {
        late.add(row);
      }
    }
  }

  private void splitByHalves(int[] rows, List<Integer> early, List<Integer> late) {
    int begin = 0;
    while (begin < rows.length) {
      int end = begin + 1;
      while (end < rows.length && set.run(rows[end]) == set.run(rows[begin])) {
        end++;
      }
      int half = (end - begin) / 2;
      for (int i = begin; i < end; i++) {
        if (i < begin + half) {
          early.add(rows[i]);
        } else if (i > begin + half) {
          late.add(rows[i]);
        }
      }
      begin = end;
    }
  }

  private int[] samples(List<Integer> rows, Place place) {
    int channel = Math.max(0, place.channel());
    return rows.stream().mapToInt(row -> row * indexes + channel).toArray();
  }
}

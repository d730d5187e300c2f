package io.fqtfleet.programs.detect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fqtfleet.sim.signal.FileDataSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A labelled data set in the order of time.
 *
 * @param classes how many there are
 * @param changes rows at which the world is known to have changed; empty = not known
 */
public record DataStream(
    String name, float[][] features, int[] labels, int classes, List<Integer> changes) {

  /**
   * Reads a folder with meta.json, X.bin ([n][features] of float32) and y.bin; meta.json may list
   * {@code change_points}.
   */
  public static DataStream read(Path folder) throws IOException {
    FileDataSet set = FileDataSet.read(folder);
    if (set.integers() || set.channels() != 1) {
      throw new IllegalArgumentException(
          "%s: X.bin is no table of float32; give a data set whose rows are features"
              .formatted(folder));
    }
    float[][] features = new float[set.windows()][set.samples()];
    int[] labels = new int[set.windows()];
    for (int row = 0; row < labels.length; row++) {
      for (int i = 0; i < features[row].length; i++) {
        features[row][i] = set.real(row, 0, i);
      }
      labels[row] = set.label(row);
    }
    return new DataStream(
        set.name(), features, labels, set.classNames().size(), changes(folder, labels.length));
  }

  private static List<Integer> changes(Path folder, int rows) throws IOException {
    JsonNode meta = new ObjectMapper().readTree(folder.resolve("meta.json").toFile());
    List<Integer> changes = new ArrayList<>();
    for (JsonNode change : meta.path("change_points")) {
      if (!change.isInt() || change.intValue() < 0 || change.intValue() >= rows) {
        throw new IllegalArgumentException(
            "%s: change_points holds %s; list rows in 0..%d"
                .formatted(folder.resolve("meta.json"), change, rows - 1));
      }
      changes.add(change.intValue());
    }
    return List.copyOf(changes);
  }
}

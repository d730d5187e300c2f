package io.fqtfleet.streams.topology;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/**
 * Whose evidence it is, as the key of the evidence says: {@code cohort} of one that is whole,
 * {@code cohort#shards.shard} of a shard of one that is split. What the shards tell each other is
 * added under {@code cohort#shards}. A cohort's name has neither of these characters.
 *
 * @param shard 0 speaks for the cohort and closes its rounds
 */
public record Lane(String cohort, int shards, int shard) {
  /** More than this brings messages, not speed. */
  public static final int SHARDS_MAX = 256;

  private static final Pattern SPLIT = Pattern.compile("([^#]+)#([0-9]{1,3})\\.([0-9]{1,3})");

  /** The one that speaks for a cohort. */
  static Lane speaker(String cohort, int shards) {
    return new Lane(cohort, shards, 0);
  }

  /** Of a device: by its name, so for ever. */
  public static Lane of(String cohort, int shards, String device) {
    if (shards == 1 || device.isEmpty()) {
      return speaker(cohort, shards);
    }
    CRC32 hash = new CRC32();
    hash.update(device.getBytes(StandardCharsets.UTF_8));
    return new Lane(cohort, shards, (int) (hash.getValue() % shards));
  }

  static Lane of(String key) {
    if (key.indexOf('#') < 0) {
      return new Lane(key, 1, 0);
    }
    Matcher split = SPLIT.matcher(key);
    return split.matches()
        ? new Lane(
            split.group(1), Integer.parseInt(split.group(2)), Integer.parseInt(split.group(3)))
        : new Lane(key, 1, 0);
  }

  public String key() {
    return shards == 1 ? cohort : meeting() + "." + shard;
  }

  /** Where the shards' summaries are added. */
  String meeting() {
    return cohort + "#" + shards;
  }

  boolean isSplit() {
    return shards > 1;
  }

  boolean speaks() {
    return shard == 0;
  }

  public List<Lane> all() {
    return IntStream.range(0, shards).mapToObj(s -> new Lane(cohort, shards, s)).toList();
  }
}

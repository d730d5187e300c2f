package io.fqtfleet.streams.policy;

/** One setting in which two policies differ, in an operator's words and units. */
public record Difference(String path, String before, String after) {
  /** As one line. */
  @Override
  public String toString() {
    return "%s: %s -> %s".formatted(path, before, after);
  }
}

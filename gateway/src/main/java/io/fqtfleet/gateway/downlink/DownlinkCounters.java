package io.fqtfleet.gateway.downlink;

import java.util.Map;
import java.util.TreeMap;

/** What became of the budgets of one partition. */
public final class DownlinkCounters {
  private final Map<String, Long> deadLettered = new TreeMap<>();
  private long published;
  private long deleted;
  private long repeated;
  private long takenOver;
  private long headersLeftOut;
  private long signedAgain;

  /**
   * A consistent copy. {@code repeated}: budgets read again because a connection ended before the
   * broker had acknowledged them.
   */
  public record Snapshot(
      long published,
      long deleted,
      Map<String, Long> deadLetteredByReason,
      long repeated,
      long takenOver,
      long headersLeftOut,
      long signedAgain) {
    public Snapshot plus(Snapshot other) {
      Map<String, Long> reasons = new TreeMap<>(deadLetteredByReason);
      other.deadLetteredByReason.forEach(
          (reason, count) -> reasons.merge(reason, count, Long::sum));
      return new Snapshot(
          published + other.published,
          deleted + other.deleted,
          reasons,
          repeated + other.repeated,
          takenOver + other.takenOver,
          headersLeftOut + other.headersLeftOut,
          signedAgain + other.signedAgain);
    }
  }

  synchronized void published() {
    published++;
  }

  synchronized void deleted() {
    deleted++;
  }

  synchronized void deadLettered(String code) {
    deadLettered.merge(code, 1L, Long::sum);
  }

  synchronized void repeated(int count) {
    repeated += count;
  }

  synchronized void takenOver() {
    takenOver++;
  }

  synchronized void headersLeftOut(int count) {
    headersLeftOut += count;
  }

  synchronized void signedAgain() {
    signedAgain++;
  }

  synchronized Snapshot snapshot() {
    return new Snapshot(
        published,
        deleted,
        new TreeMap<>(deadLettered),
        repeated,
        takenOver,
        headersLeftOut,
        signedAgain);
  }
}

package io.fqtfleet.streams.alerting;

import io.fqtfleet.schemas.Alert;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What Alertmanager must be told, and when: each change once, and what is open again before it
 * would be forgotten there. Keyed by the alert's id, so a record that comes twice changes nothing.
 *
 * <p>Holds open alerts and those whose end is not delivered. Used by one thread.
 */
final class AlertLedger {
  /**
   * One alert to post.
   *
   * @param endsAtMs until when it fires; at or before now = it is over
   */
  record Due(Alert alert, long endsAtMs) {
    String id() {
      return alert.getId();
    }
  }

  private static final class Entry {
    final int partition;
    Alert alert;

    /** Alertmanager holds it as firing, as far as we know. */
    boolean pushed;

    /** Its last state was not delivered. */
    boolean changed;

    long nextAtMs;

    Entry(int partition) {
      this.partition = partition;
    }
  }

  private final long resolveTimeoutMs;
  private final Map<String, Entry> entries = new TreeMap<>();

  /**
   * @param resolveTimeoutMs for how long a posted alert fires; posted again after a third of that
   */
  AlertLedger(long resolveTimeoutMs) {
    this.resolveTimeoutMs = resolveTimeoutMs;
  }

  /** A state that was delivered before this program started: an open alert is posted again. */
  void replayed(int partition, Alert alert, long nowMs) {
    Entry entry = put(partition, alert, nowMs);
    entry.pushed = isPushable(alert, nowMs);
    if (!FeedbackDesk.isOpen(alert)) {
      entries.remove(alert.getId());
    }
  }

  /** A new state. */
  void changed(int partition, Alert alert, long nowMs) {
    boolean known = entries.containsKey(alert.getId());
    Entry entry = put(partition, alert, nowMs);
    entry.changed = true;
    if (!known && !FeedbackDesk.isOpen(alert)) {
      // Its earlier states are compacted away; if one was pushed, its end must be too.
      entry.pushed = isPushable(alert, nowMs);
    }
  }

  private Entry put(int partition, Alert alert, long nowMs) {
    Entry entry = entries.computeIfAbsent(alert.getId(), id -> new Entry(partition));
    entry.alert = alert;
    entry.nextAtMs = nowMs;
    return entry;
  }

  /** Another instance owns the partition now. */
  void forget(int partition) {
    entries.values().removeIf(entry -> entry.partition == partition);
  }

  private static boolean isPushable(Alert alert, long nowMs) {
    return alert.getSilencedBy() == null || nowMs >= alert.getSilencedBy().getUntilMs();
  }

  /** What to post now, at most so many, in the order of the ids. */
  List<Due> due(long nowMs, int most) {
    List<Due> due = new ArrayList<>();
    List<String> settled = new ArrayList<>();
    for (Entry entry : entries.values()) {
      if (due.size() == most) {
        break;
      }
      if (nowMs < entry.nextAtMs) {
        continue;
      }
      boolean open = FeedbackDesk.isOpen(entry.alert);
      if (open && isPushable(entry.alert, nowMs)) {
        due.add(new Due(entry.alert, nowMs + resolveTimeoutMs));
      } else if (entry.pushed || !open && isPushable(entry.alert, nowMs)) {
        due.add(new Due(entry.alert, endOf(entry.alert, nowMs)));
      } else {
        settled.add(entry.alert.getId());
      }
    }
    settled.forEach(id -> delivered(id, nowMs));
    return due;
  }

  private static long endOf(Alert alert, long nowMs) {
    Long resolvedAtMs = alert.getResolvedAtMs();
    long endMs = resolvedAtMs == null ? nowMs : Math.min(resolvedAtMs, nowMs);
    return Math.max(endMs, alert.getRaisedAtMs());
  }

  /** Alertmanager has it, or there was nothing to tell. */
  void delivered(String id, long nowMs) {
    Entry entry = entries.get(id);
    if (entry == null) {
      return;
    }
    entry.changed = false;
    if (!FeedbackDesk.isOpen(entry.alert)) {
      entries.remove(id);
      return;
    }
    entry.pushed = isPushable(entry.alert, nowMs);
    entry.nextAtMs =
        entry.pushed ? nowMs + resolveTimeoutMs / 3 : entry.alert.getSilencedBy().getUntilMs();
  }

  /** Changes that Alertmanager does not have yet. */
  int undelivered() {
    return (int) entries.values().stream().filter(entry -> entry.changed).count();
  }

  /** Open alerts by whether they are silenced. */
  Map<Boolean, Integer> openBySilenced(long nowMs) {
    Map<Boolean, Integer> counts = new HashMap<>(Map.of(false, 0, true, 0));
    for (Entry entry : entries.values()) {
      if (FeedbackDesk.isOpen(entry.alert)) {
        counts.merge(!isPushable(entry.alert, nowMs), 1, Integer::sum);
      }
    }
    return counts;
  }
}

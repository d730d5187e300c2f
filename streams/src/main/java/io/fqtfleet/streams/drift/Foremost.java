package io.fqtfleet.streams.drift;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/** The first few of many in an order in which no two are equal; adds up. */
public final class Foremost<T> {
  private final Comparator<? super T> order;
  private final int most;
  private final List<T> first = new ArrayList<>();

  public Foremost(Comparator<? super T> order, int most) {
    this.order = order;
    this.most = most;
  }

  public void add(T next) {
    if (first.size() == most && order.compare(next, first.get(most - 1)) >= 0) {
      return;
    }
    first.add(-1 - Collections.binarySearch(first, next, order), next);
    if (first.size() > most) {
      first.remove(most);
    }
  }

  public void merge(Foremost<T> other) {
    other.first.forEach(this::add);
  }

  /** In their order. */
  public List<T> all() {
    return Collections.unmodifiableList(first);
  }

  /**
   * The first so many of all, less than were kept; of those at the end that nothing tells apart all
   * or none.
   *
   * @param known order by what is known of them, in which two may be equal
   */
  public List<T> first(int count, Comparator<? super T> known) {
    int end = Math.min(count, first.size());
    while (end > 0
        && end < first.size()
        && known.compare(first.get(end - 1), first.get(end)) == 0) {
      end--;
    }
    return first.subList(0, end);
  }
}

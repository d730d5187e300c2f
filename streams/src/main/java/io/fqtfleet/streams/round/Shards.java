package io.fqtfleet.streams.round;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The devices of a round in parts. Each part is reduced to a summary of bounded size, and summaries
 * add up exactly, so neither the number of parts nor the order in which they are done decides
 * anything. More than one are worked on by all processors; work on a part touches its devices only.
 */
final class Shards {
  /** A cohort of fewer is one part, done by the calling thread. */
  static final int DEVICES = 2048;

  private final List<List<CohortRound.Member>> parts = new ArrayList<>();

  Shards(List<CohortRound.Member> members, int devices) {
    for (int from = 0; from < members.size(); from += devices) {
      parts.add(members.subList(from, Math.min(members.size(), from + devices)));
    }
  }

  /** What is done with a part, given its place among them. */
  interface Work<T> {
    T on(int index, List<CohortRound.Member> part);
  }

  /** The same without a result. */
  interface Step {
    void on(int index, List<CohortRound.Member> part);
  }

  void each(Step step) {
    indices().forEach(i -> step.on(i, parts.get(i)));
  }

  private IntStream indices() {
    IntStream indices = IntStream.range(0, parts.size());
    return parts.size() > 1 ? indices.parallel() : indices;
  }

  /** The results of all parts in their order. */
  <T> List<T> map(Work<T> work) {
    return indices().mapToObj(i -> work.on(i, parts.get(i))).toList();
  }

  /** The sum of all parts' summaries. */
  <T> T sum(Function<List<CohortRound.Member>, T> work, BinaryOperator<T> add, T none) {
    return map((index, part) -> work.apply(part)).stream().reduce(none, add);
  }
}

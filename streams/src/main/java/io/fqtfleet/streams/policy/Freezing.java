package io.fqtfleet.streams.policy;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import java.util.ArrayList;
import java.util.List;

/**
 * All training stops, and goes on as before: each policy concerned gets a version that differs in
 * {@code frozen} alone. These are the versions to store.
 */
public final class Freezing {
  /** Begins the comment of a version that freeze made; thaw ends these only. */
  private static final String MARK = "frozen: ";

  private Freezing() {}

  /** Whether a policy stands still because of freeze, not by its own file; null = it does not. */
  public static boolean froze(Policy policy) {
    return policy != null && policy.getFrozen() && policy.getComment().startsWith(MARK);
  }

  /**
   * What stops training; those that stand still already are left as they are.
   *
   * @param cohort null = every cohort that has a policy, and the default for all others
   */
  public static List<Policy> freeze(
      PolicyVersions versions, String cohort, String author, String comment, long nowMs) {
    List<Policy> concerned = new ArrayList<>();
    if (cohort == null) {
      concerned.addAll(versions.newest().values());
      if (!versions.newest().containsKey(Topics.ANY_COHORT)) {
        concerned.add(versions.base(Topics.ANY_COHORT));
      }
    } else {
      concerned.add(versions.base(cohort));
    }
    return concerned.stream()
        .filter(p -> !p.getFrozen())
        .map(p -> PolicyVersions.after(p, author, MARK + comment, nowMs).setFrozen(true).build())
        .toList();
  }

  /**
   * What undoes it.
   *
   * @param cohort null = wherever freeze was
   */
  public static List<Policy> thaw(
      PolicyVersions versions, String cohort, String author, long nowMs) {
    return versions.newest().values().stream()
        .filter(p -> cohort == null || cohort.equals(p.getCohort()))
        .filter(Freezing::froze)
        .map(p -> PolicyVersions.after(p, author, "thawed", nowMs).setFrozen(false).build())
        .toList();
  }
}

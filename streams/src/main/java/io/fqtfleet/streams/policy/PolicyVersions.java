package io.fqtfleet.streams.policy;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.budget.PolicyRules;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The versions of all cohorts' policies in the order of their topic, judged as streams judges them:
 * of each cohort it takes what is valid and above the version before. One thread at a time.
 */
public final class PolicyVersions {
  /**
   * One record of the topic.
   *
   * @param refused why streams does not take it; empty = it was, or is, in force
   */
  public record Version(long offset, Policy policy, List<String> refused) {}

  private final int kept;
  private final Deque<Version> versions = new ArrayDeque<>();
  private final Map<String, Policy> newest = new LinkedHashMap<>();

  /**
   * @param kept as many of the last versions are remembered; what is in force always is
   */
  public PolicyVersions(int kept) {
    this.kept = kept;
  }

  /** Records come in the order of the topic; one that came before changes nothing. */
  public void add(long offset, String key, Policy policy) {
    if (!versions.isEmpty() && offset <= versions.getLast().offset) {
      return;
    }
    String cohort = policy.getCohort();
    Policy before = newest.get(cohort);
    List<String> refused =
        key.equals(cohort)
            ? PolicyRules.problemsAfter(policy, before == null ? null : before.getVersion())
            : List.of("cohort: '%s' is not the record's key '%s'".formatted(cohort, key));
    if (refused.isEmpty()) {
      newest.put(cohort, policy);
    }
    versions.addLast(new Version(offset, policy, refused));
    if (versions.size() > kept) {
      versions.removeFirst();
    }
  }

  /** Oldest first. */
  public List<Version> all() {
    return new ArrayList<>(versions);
  }

  /** The last offset; -1 = there is no version. */
  public long end() {
    return versions.isEmpty() ? -1 : versions.getLast().offset;
  }

  /** What holds for each cohort that has a policy, in the order of their first ones. */
  public Map<String, Policy> newest() {
    return new LinkedHashMap<>(newest);
  }

  /** The cohort's own policy, or that of *, or the built-in one. */
  public Policy inForce(String cohort) {
    Policy own = newest.get(cohort);
    return own != null ? own : newest.getOrDefault(Topics.ANY_COHORT, Policies.DEFAULT);
  }

  /** What a policy of this cohort's own would follow: of version 0 if there was none. */
  public Policy base(String cohort) {
    Policy inForce = inForce(cohort);
    return inForce.getCohort().equals(cohort) && newest.containsKey(cohort)
        ? inForce
        : Policy.newBuilder(inForce).setCohort(cohort).setVersion(0).build();
  }

  /** A version that was in force once. */
  public Policy find(String cohort, long number) {
    return versions.stream()
        .filter(v -> v.refused.isEmpty())
        .map(Version::policy)
        .filter(p -> p.getCohort().equals(cohort) && p.getVersion() == number)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "cohort %s never had a version %d in force; 'policy history' lists all"
                        .formatted(cohort, number)));
  }

  /** Another's version that came before the one stored at this offset, and is in force instead. */
  public Optional<String> cameFirst(long offset, Policy policy) {
    return versions.stream()
        .filter(v -> v.offset < offset && v.refused.isEmpty())
        .map(Version::policy)
        .filter(p -> p.getCohort().equals(policy.getCohort()))
        .filter(p -> p.getVersion() >= policy.getVersion())
        .findFirst()
        .map(
            other ->
                ("version %d of the policy of cohort %s came first, from %s: '%s'; yours is not"
                        + " in force")
                    .formatted(
                        other.getVersion(),
                        other.getCohort(),
                        other.getAuthor(),
                        other.getComment()));
  }

  /** The version after this one, before what it is to change. */
  public static Policy.Builder after(Policy policy, String author, String comment, long nowMs) {
    return Policy.newBuilder(policy)
        .setVersion(policy.getVersion() + 1)
        .setAuthor(author)
        .setComment(comment)
        .setAppliedAtMs(nowMs);
  }
}

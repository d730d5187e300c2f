package io.fqtfleet.streams.rollout;

import io.fqtfleet.schemas.Policy;
import java.util.List;
import java.util.Objects;

/** The part of a policy that is rolled out: what devices may train. The rest holds at once. */
public final class PolicyTerms {
  private PolicyTerms() {}

  public static boolean same(Policy a, Policy b) {
    return a.getQuiet().equals(b.getQuiet())
        && a.getDrift().equals(b.getDrift())
        && a.getTrial().equals(b.getTrial())
        && a.getTimeToLiveS() == b.getTimeToLiveS()
        && a.getOnExpiry() == b.getOnExpiry()
        && a.getChooseLayers() == b.getChooseLayers()
        && Objects.equals(a.getEnergy(), b.getEnergy());
  }

  /** One and the same version of one cohort's policy. */
  public static boolean isVersion(Policy policy, Policy other) {
    return policy.getCohort().equals(other.getCohort())
        && policy.getVersion() == other.getVersion();
  }

  /** The policy in force, but with the terms, and the version, of another one. */
  public static Policy withTermsOf(Policy policy, Policy terms) {
    return Policy.newBuilder(policy)
        .setVersion(terms.getVersion())
        .setQuiet(terms.getQuiet())
        .setDrift(terms.getDrift())
        .setTrial(terms.getTrial())
        .setTimeToLiveS(terms.getTimeToLiveS())
        .setOnExpiry(terms.getOnExpiry())
        .setEnergy(terms.getEnergy())
        .setChooseLayers(terms.getChooseLayers())
        .build();
  }

  /** The same terms by the same plan: one and the same rollout. */
  static boolean sameRollout(Policy a, Policy b) {
    return same(a, b) && Objects.equals(a.getRollout(), b.getRollout());
  }

  /** What is kept of a policy that is being rolled out. */
  static Policy candidate(Policy policy) {
    return Policy.newBuilder(kept(policy)).setRollout(policy.getRollout()).build();
  }

  /** What is kept of a policy to return to its terms: bounded, whatever it lists. */
  public static Policy kept(Policy policy) {
    return Policy.newBuilder(policy)
        .setComment("")
        .setFrozenDevices(List.of())
        .setSilences(List.of())
        .setQuietHours(List.of())
        .setRollout(null)
        .build();
  }
}

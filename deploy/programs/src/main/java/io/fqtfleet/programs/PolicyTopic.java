package io.fqtfleet.programs;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The operators' side of the config topic: every version ever applied, and one more. */
final class PolicyTopic {
  private final FleetTopic<Policy> topic;

  PolicyTopic(String bootstrapServers) {
    topic = new FleetTopic<>(bootstrapServers, Topics.POLICIES, Policy.class);
  }

  /** Every version of every cohort's policy, oldest first. */
  List<Policy> history() {
    List<Policy> policies = new ArrayList<>();
    topic.read(
        new FleetTopic.Visitor<>() {
          @Override
          public void visit(String cohort, Policy policy) {
            if (policy != null) {
              policies.add(policy);
            }
          }

          @Override
          public void unreadable(String where, WireException why) {
            // The streams service puts it into the dead letters; it never was in force.
          }
        });
    return policies;
  }

  /** The newest version of each cohort, in the order of their first ones. */
  Map<String, Policy> newest() {
    Map<String, Policy> newest = new LinkedHashMap<>();
    for (Policy policy : history()) {
      newest.merge(policy.getCohort(), policy, (a, b) -> b.getVersion() > a.getVersion() ? b : a);
    }
    return newest;
  }

  /** The version that a cohort's next policy gets. */
  long nextVersion(String cohort) {
    Policy newest = newest().get(cohort);
    return newest == null ? 1 : newest.getVersion() + 1;
  }

  /** Returns when Kafka has it on all its replicas. */
  void publish(Policy policy) {
    topic.publish(policy.getCohort(), policy, null);
  }
}

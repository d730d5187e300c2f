package io.fqtfleet.programs;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.budget.PolicyRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * The operators' side of the config topic: every version ever applied, and one more.
 *
 * <p>The topic has one partition, so all see the same order. Streams takes of each cohort what is
 * valid and above the version before; two operators who store the same version at once are told
 * apart by that order, and the second one is told.
 */
final class PolicyTopic {
  /** A broker that does not answer is named after this time. */
  private static final int TIMEOUT_MS = 15_000;

  /**
   * One record of the topic.
   *
   * @param refused why streams does not take it; empty = it was, or is, in force
   */
  record Version(long offset, Policy policy, List<String> refused) {}

  private final String bootstrapServers;
  private final FleetTopic<Policy> topic;

  PolicyTopic(String bootstrapServers) {
    this.bootstrapServers = bootstrapServers;
    topic = new FleetTopic<>(bootstrapServers, Topics.POLICIES, Policy.class);
  }

  /** Every version of every cohort's policy, oldest first, judged as streams judges them. */
  List<Version> versions() {
    List<Version> versions = new ArrayList<>();
    Map<String, Long> inForce = new LinkedHashMap<>();
    topic.read(
        new FleetTopic.Visitor<>() {
          @Override
          public void visit(String cohort, Policy policy) {
            throw new IllegalStateException("each record has a place");
          }

          @Override
          public void visitAt(long offset, String key, Policy policy) {
            if (policy != null) {
              versions.add(judged(offset, key, policy, inForce));
            }
          }

          @Override
          public void unreadable(String where, WireException why) {
            // The streams service puts it into the dead letters; it never was in force.
          }
        });
    return versions;
  }

  private static Version judged(long offset, String key, Policy policy, Map<String, Long> inForce) {
    String cohort = policy.getCohort();
    List<String> refused =
        key.equals(cohort)
            ? PolicyRules.problemsAfter(policy, inForce.get(cohort))
            : List.of("cohort: '%s' is not the record's key '%s'".formatted(cohort, key));
    if (refused.isEmpty()) {
      inForce.put(cohort, policy.getVersion());
    }
    return new Version(offset, policy, refused);
  }

  /** What holds for each cohort that has a policy, in the order of their first ones. */
  Map<String, Policy> newest() {
    return newest(versions());
  }

  static Map<String, Policy> newest(List<Version> versions) {
    Map<String, Policy> newest = new LinkedHashMap<>();
    for (Version version : versions) {
      if (version.refused.isEmpty()) {
        newest.put(version.policy.getCohort(), version.policy);
      }
    }
    return newest;
  }

  /**
   * Stores the next version of its cohort's policy; returns when Kafka has it on all replicas.
   *
   * @return its offset
   * @throws IllegalStateException if another operator's came first; theirs is in force then
   */
  long publish(Policy policy) {
    long offset = topic.publish(policy.getCohort(), policy, null);
    for (Version version : versions()) {
      Policy other = version.policy;
      if (version.offset < offset
          && version.refused.isEmpty()
          && other.getCohort().equals(policy.getCohort())
          && other.getVersion() >= policy.getVersion()) {
        throw new IllegalStateException(
            ("version %d of the policy of cohort %s came first, from %s: '%s'; yours is not in"
                    + " force. Look at 'policy diff FILE', then apply again")
                .formatted(
                    other.getVersion(), other.getCohort(), other.getAuthor(), other.getComment()));
      }
    }
    return offset;
  }

  /** Makes the topic if it is not there: made by chance, it would not keep every version. */
  void make() {
    Topics.Spec spec = spec();
    NewTopic fresh =
        new NewTopic(
                spec.name(), java.util.Optional.of(spec.partitions()), java.util.Optional.empty())
            .configs(spec.settings());
    try (Admin admin = admin()) {
      if (!admin.listTopics().names().get().contains(spec.name())) {
        admin.createTopics(List.of(fresh)).all().get();
      }
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw notThere(e);
      }
    } catch (InterruptedException e) {
      throw stopped(e);
    }
  }

  /** Null if every version is kept; else what drops old ones, and the remedy. */
  String forgets() {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, Topics.POLICIES);
    try (Admin admin = admin()) {
      Config found = admin.describeConfigs(Set.of(resource)).all().get().get(resource);
      for (Map.Entry<String, String> wanted : spec().settings().entrySet()) {
        String is = found.get(wanted.getKey()).value();
        if (!is.equals(wanted.getValue())) {
          return ("%s has %s=%s, so old versions are lost; set it to %s with kafka-configs --alter"
                  + " --topic %s --add-config %s=%s")
              .formatted(
                  Topics.POLICIES,
                  wanted.getKey(),
                  is,
                  wanted.getValue(),
                  Topics.POLICIES,
                  wanted.getKey(),
                  wanted.getValue());
        }
      }
      return null;
    } catch (ExecutionException e) {
      throw notThere(e);
    } catch (InterruptedException e) {
      throw stopped(e);
    }
  }

  private static Topics.Spec spec() {
    return Topics.kafka(1, 1).stream()
        .filter(spec -> spec.name().equals(Topics.POLICIES))
        .findFirst()
        .orElseThrow();
  }

  private Admin admin() {
    return Admin.create(
        Map.of(
            "bootstrap.servers",
            bootstrapServers,
            "request.timeout.ms",
            TIMEOUT_MS,
            "default.api.timeout.ms",
            TIMEOUT_MS));
  }

  private IllegalStateException notThere(ExecutionException e) {
    return new IllegalStateException(
        "cannot look at %s: Kafka at %s does not answer within %d s; start it, or correct --kafka"
            .formatted(Topics.POLICIES, bootstrapServers, TIMEOUT_MS / 1000),
        e.getCause());
  }

  private static IllegalStateException stopped(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("interrupted while Kafka was asked", e);
  }
}

package io.fqtfleet.programs;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.policy.PolicyVersions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  private final String bootstrapServers;
  private final FleetTopic<Policy> topic;

  PolicyTopic(String bootstrapServers) {
    this.bootstrapServers = bootstrapServers;
    topic = new FleetTopic<>(bootstrapServers, Topics.POLICIES, Policy.class);
  }

  /** Every version of every cohort's policy, judged as streams judges them. */
  PolicyVersions versions() {
    PolicyVersions versions = new PolicyVersions(Integer.MAX_VALUE);
    topic.read(
        new FleetTopic.Visitor<>() {
          @Override
          public void visit(String cohort, Policy policy) {
            throw new IllegalStateException("each record has a place");
          }

          @Override
          public void visitAt(long offset, String key, Policy policy) {
            if (policy != null) {
              versions.add(offset, key, policy);
            }
          }

          @Override
          public void unreadable(String where, WireException why) {
            // The streams service puts it into the dead letters; it never was in force.
          }
        });
    return versions;
  }

  /** What holds for each cohort that has a policy, in the order of their first ones. */
  Map<String, Policy> newest() {
    return versions().newest();
  }

  /**
   * Stores the next version of its cohort's policy; returns when Kafka has it on all replicas.
   *
   * @return its offset
   * @throws IllegalStateException if another operator's came first; theirs is in force then
   */
  long publish(Policy policy) {
    long offset = topic.publish(policy.getCohort(), policy, null);
    Optional<String> other = versions().cameFirst(offset, policy);
    if (other.isPresent()) {
      throw new IllegalStateException(
          other.get() + ". Look at 'policy diff FILE', then apply again");
    }
    return offset;
  }

  /** Makes the topic if it is not there: made by chance, it would not keep every version. */
  void make() {
    Topics.Spec spec = spec();
    NewTopic fresh =
        new NewTopic(spec.name(), Optional.of(spec.partitions()), Optional.empty())
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

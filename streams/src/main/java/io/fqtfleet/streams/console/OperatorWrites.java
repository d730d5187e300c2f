package io.fqtfleet.streams.console;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.RolloutAction;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.Silence;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Verdict;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.alerting.FeedbackDesk;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.budget.PolicyRules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What operators do at the page: each is one record, and done when all replicas have it. */
final class OperatorWrites implements AutoCloseable {
  private static final WireCodec<AlertFeedback> FEEDBACK = WireCodec.of(AlertFeedback.class);
  private static final WireCodec<Policy> POLICIES = WireCodec.of(Policy.class);
  private static final WireCodec<RolloutCommand> COMMANDS = WireCodec.of(RolloutCommand.class);
  private static final int TIMEOUT_MS = 8_000;
  private static final Duration SILENCE_MAX = Duration.ofDays(31);

  /** Begins the comment of a version that freeze made; the command line's thaw looks for it too. */
  private static final String FROZEN = "frozen: ";

  private final FleetMemory memory;
  private final Map<String, Object> config;

  /** Null until {@link #open}: before Kafka is there, not even a producer can be made. */
  private volatile KafkaProducer<String, byte[]> producer;

  OperatorWrites(Map<String, Object> client, FleetMemory memory) {
    this.memory = memory;
    config = new HashMap<>(client);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, TIMEOUT_MS);
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, TIMEOUT_MS);
    config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MS / 2);
    config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
  }

  /** Once Kafka is there. */
  void open() {
    producer = new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer());
  }

  /** What it says is shown to the person. */
  String feedback(String id, String said, String author, String comment, long nowMs)
      throws ApiException {
    Alert alert =
        memory
            .alert(id)
            .orElseThrow(
                () ->
                    new ApiException(
                        ApiException.NOT_FOUND, "there is no alert '" + id + "'; reload the list"));
    Verdict verdict = verdict(said);
    AlertFeedback feedback =
        AlertFeedback.newBuilder()
            .setAlertId(id)
            .setVerdict(verdict)
            .setAuthor(author)
            .setComment(comment)
            .setGivenAtMs(nowMs)
            .build();
    try {
      FeedbackDesk.check(id, feedback);
    } catch (WireException e) {
      String message = e.getMessage();
      throw new ApiException(ApiException.BAD_REQUEST, message.replaceAll(":.*", ""), message);
    }
    // This machine's clock may be behind; a verdict never comes before what it is about.
    send(Topics.FEEDBACK, id, Math.max(nowMs, alert.getUpdatedAtMs()), FEEDBACK.encode(feedback));
    return FeedbackDesk.isOpen(alert) && FeedbackDesk.refutes(feedback)
        ? "stored; the incident ends with the next round"
        : "stored; the alert carries it from now on";
  }

  private static Verdict verdict(String said) throws ApiException {
    return switch (said) {
      case "true" -> Verdict.TRUE_POSITIVE;
      case "false" -> Verdict.FALSE_POSITIVE;
      case "benign" -> Verdict.BENIGN;
      default ->
          throw new ApiException(
              ApiException.BAD_REQUEST,
              "verdict",
              "verdict '" + said + "' is none of true, false, benign");
    };
  }

  /** A new version of the policy that the alert's cohort follows, with one more silence. */
  synchronized String silence(String id, long hours, String reason, String author, long nowMs)
      throws ApiException {
    if (hours < 1 || hours > SILENCE_MAX.toHours()) {
      throw new ApiException(
          ApiException.BAD_REQUEST,
          "hours",
          "%d hours are not in 1..%d".formatted(hours, SILENCE_MAX.toHours()));
    }
    Alert alert =
        memory
            .alert(id)
            .orElseThrow(
                () -> new ApiException(ApiException.NOT_FOUND, "there is no alert '" + id + "'"));
    boolean whole = alert.getCohort().isEmpty() || alert.getCohort().equals(Topics.ANY_COHORT);
    Policy inForce = inForce(whole ? Topics.ANY_COHORT : alert.getCohort());
    List<Silence> silences = new ArrayList<>(inForce.getSilences());
    silences.removeIf(s -> s.getUntilMs() <= nowMs);
    AlertKind kind = alert.getKind();
    silences.add(
        0,
        Silence.newBuilder()
            .setCohort(whole ? "" : alert.getCohort())
            .setKind(kind)
            .setUntilMs(nowMs + Duration.ofHours(hours).toMillis())
            .setReason(reason)
            .setAuthor(author)
            .build());
    String comment = "silence " + kind + ": " + reason;
    boolean thawable = inForce.getFrozen() && inForce.getComment().startsWith(FROZEN);
    Policy next =
        next(inForce, author, nowMs, thawable ? inForce.getComment() + "; " + comment : comment)
            .setSilences(silences)
            .build();
    apply(next);
    return "stored as version %d of policy %s; it holds from the next round on"
        .formatted(next.getVersion(), next.getCohort());
  }

  /**
   * Stops training.
   *
   * @param cohort null = of all
   */
  synchronized List<String> freeze(String cohort, String author, String comment, long nowMs)
      throws ApiException {
    List<Policy> concerned = new ArrayList<>();
    if (cohort == null) {
      concerned.addAll(memory.policies().values());
      if (!memory.policies().containsKey(Topics.ANY_COHORT)) {
        concerned.add(Policies.DEFAULT);
      }
    } else {
      Policy inForce = inForce(cohort);
      concerned.add(
          inForce.getCohort().equals(cohort)
              ? inForce
              : Policy.newBuilder(inForce).setCohort(cohort).setVersion(0).build());
    }
    List<String> changed = new ArrayList<>();
    for (Policy policy : concerned) {
      if (!policy.getFrozen()) {
        apply(next(policy, author, nowMs, FROZEN + comment).setFrozen(true).build());
        changed.add(policy.getCohort());
      }
    }
    return changed;
  }

  /** Obeyed, or refused with a reason, at the end of the cohort's round. */
  String rollout(String cohort, String id, String action, String author, String comment, long nowMs)
      throws ApiException {
    if (memory.rollouts().stream().noneMatch(r -> r.getCohort().equals(cohort))) {
      throw new ApiException(
          ApiException.NOT_FOUND, "there is no rollout of a cohort '" + cohort + "'");
    }
    RolloutAction asked =
        switch (action) {
          case "pause" -> RolloutAction.PAUSE;
          case "resume" -> RolloutAction.RESUME;
          case "approve" -> RolloutAction.APPROVE;
          case "abort" -> RolloutAction.ABORT;
          default ->
              throw new ApiException(
                  ApiException.BAD_REQUEST,
                  "action",
                  "'" + action + "' is none of pause, resume, approve, abort");
        };
    RolloutCommand command =
        RolloutCommand.newBuilder()
            .setCohort(cohort)
            .setRollout(id)
            .setAction(asked)
            .setAuthor(author)
            .setComment(comment)
            .setGivenAtMs(nowMs)
            .build();
    send(Topics.ROLLOUT_COMMANDS, cohort, null, COMMANDS.encode(command));
    return "stored; the cohort obeys, or says why not, at the end of its round";
  }

  /** Undoes what freeze did. */
  synchronized List<String> thaw(String cohort, String author, long nowMs) throws ApiException {
    List<String> changed = new ArrayList<>();
    for (Policy policy : memory.policies().values()) {
      boolean asked = cohort == null || cohort.equals(policy.getCohort());
      if (asked && policy.getFrozen() && policy.getComment().startsWith(FROZEN)) {
        apply(next(policy, author, nowMs, "thawed").setFrozen(false).build());
        changed.add(policy.getCohort());
      }
    }
    return changed;
  }

  private Policy inForce(String cohort) throws ApiException {
    if (!cohort.equals(Topics.ANY_COHORT) && !Topics.COHORT.matcher(cohort).matches()) {
      throw new ApiException(
          ApiException.BAD_REQUEST, "cohort", "'" + cohort + "' is neither * nor a cohort's name");
    }
    Map<String, Policy> newest = memory.policies();
    return newest.getOrDefault(cohort, newest.getOrDefault(Topics.ANY_COHORT, Policies.DEFAULT));
  }

  private static Policy.Builder next(Policy policy, String author, long nowMs, String comment) {
    return Policy.newBuilder(policy)
        .setVersion(policy.getVersion() + 1)
        .setAuthor(author)
        .setAppliedAtMs(nowMs)
        .setComment(comment);
  }

  private void apply(Policy policy) throws ApiException {
    if (!memory.caughtUp()) {
      // The newest version is not known yet: the new one could undo what another operator did.
      throw new ApiException(
          ApiException.UNAVAILABLE, "the policies are still being read; try again in a moment");
    }
    List<String> problems = PolicyRules.problems(policy);
    if (!problems.isEmpty()) {
      throw new ApiException(ApiException.BAD_REQUEST, String.join("; ", problems));
    }
    send(Topics.POLICIES, policy.getCohort(), null, POLICIES.encode(policy));
    memory.add(policy);
  }

  private void send(String topic, String key, Long atMs, byte[] value) throws ApiException {
    KafkaProducer<String, byte[]> open = producer;
    if (open == null) {
      throw new ApiException(ApiException.UNAVAILABLE, "Kafka is not there yet; try again");
    }
    try {
      open.send(new ProducerRecord<>(topic, null, atMs, key, value))
          .get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      throw new ApiException(
          ApiException.UNAVAILABLE,
          "nothing was stored: Kafka did not take it within %d s; try again"
              .formatted(TIMEOUT_MS / 1000));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ApiException(ApiException.UNAVAILABLE, "this instance is being stopped");
    }
  }

  @Override
  public void close() {
    KafkaProducer<String, byte[]> open = producer;
    if (open != null) {
      open.close(Duration.ofSeconds(2));
    }
  }
}

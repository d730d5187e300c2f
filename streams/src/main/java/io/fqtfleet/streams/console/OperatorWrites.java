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
import io.fqtfleet.streams.budget.PolicyRules;
import io.fqtfleet.streams.policy.Freezing;
import io.fqtfleet.streams.policy.PolicyDraft;
import io.fqtfleet.streams.policy.PolicyVersions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    String named = whole ? Topics.ANY_COHORT : checked(alert.getCohort());
    Policy inForce = memory.policies(v -> v.inForce(named));
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
    // A version that freeze made stays one that thaw ends.
    String kept = Freezing.froze(inForce) ? inForce.getComment() + "; " + comment : comment;
    Policy next = PolicyVersions.after(inForce, author, kept, nowMs).setSilences(silences).build();
    apply(next);
    return "stored as version %d of policy %s; it holds from the next round on"
        .formatted(next.getVersion(), next.getCohort());
  }

  /**
   * Stops training.
   *
   * @param cohort null = of all
   * @return the policies that changed
   */
  synchronized List<String> freeze(String cohort, String author, String comment, long nowMs)
      throws ApiException {
    if (cohort != null) {
      checked(cohort);
    }
    return all(memory.policies(v -> Freezing.freeze(v, cohort, author, comment, nowMs)));
  }

  /** Undoes what freeze did. */
  synchronized List<String> thaw(String cohort, String author, long nowMs) throws ApiException {
    return all(memory.policies(v -> Freezing.thaw(v, cohort, author, nowMs)));
  }

  private List<String> all(List<Policy> policies) throws ApiException {
    caughtUp();
    for (Policy policy : policies) {
      apply(policy);
    }
    return policies.stream().map(Policy::getCohort).toList();
  }

  /**
   * Stores what an operator wrote as its cohort's next version.
   *
   * @param comment why; empty = the text's own
   */
  synchronized Policy policy(String yaml, String author, String comment, long nowMs)
      throws ApiException {
    caughtUp();
    PolicyDraft draft = memory.policies(v -> PolicyDraft.read(yaml, v, author, nowMs));
    if (draft.policy() == null) {
      PolicyDraft.Problem first = draft.problems().get(0);
      throw new ApiException(
          first.path().equals("version") ? ApiException.CONFLICT : ApiException.BAD_REQUEST,
          first.path(),
          first.text());
    }
    Policy policy =
        comment.isEmpty()
            ? draft.policy()
            : Policy.newBuilder(draft.policy()).setComment(comment).build();
    apply(policy);
    return policy;
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

  static String checked(String cohort) throws ApiException {
    if (!cohort.equals(Topics.ANY_COHORT) && !Topics.COHORT.matcher(cohort).matches()) {
      throw new ApiException(
          ApiException.BAD_REQUEST, "cohort", "'" + cohort + "' is neither * nor a cohort's name");
    }
    return cohort;
  }

  private void caughtUp() throws ApiException {
    if (!memory.caughtUp()) {
      // The newest version is not known yet: the new one could undo what another operator did.
      throw new ApiException(
          ApiException.UNAVAILABLE, "the policies are still being read; try again in a moment");
    }
  }

  /** In force for sure: another operator may have stored the same version at the same time. */
  private void apply(Policy policy) throws ApiException {
    caughtUp();
    List<String> problems = PolicyRules.problems(policy);
    if (!problems.isEmpty()) {
      throw new ApiException(ApiException.BAD_REQUEST, String.join("; ", problems));
    }
    long offset = send(Topics.POLICIES, policy.getCohort(), null, POLICIES.encode(policy));
    try {
      if (!memory.awaitPolicy(offset, TIMEOUT_MS)) {
        throw new ApiException(
            ApiException.UNAVAILABLE,
            "it is stored, but could not be read back; reload the policies to see what holds");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ApiException(ApiException.UNAVAILABLE, "this instance is being stopped");
    }
    Optional<String> other = memory.policies(v -> v.cameFirst(offset, policy));
    if (other.isPresent()) {
      throw new ApiException(ApiException.CONFLICT, "version", other.get() + "; reload it first");
    }
  }

  /** Its offset. */
  private long send(String topic, String key, Long atMs, byte[] value) throws ApiException {
    KafkaProducer<String, byte[]> open = producer;
    if (open == null) {
      throw new ApiException(ApiException.UNAVAILABLE, "Kafka is not there yet; try again");
    }
    try {
      return open.send(new ProducerRecord<>(topic, null, atMs, key, value))
          .get(TIMEOUT_MS, TimeUnit.MILLISECONDS)
          .offset();
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

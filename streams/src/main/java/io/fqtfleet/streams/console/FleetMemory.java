package io.fqtfleet.streams.console;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.streams.alerting.FeedbackDesk;
import io.fqtfleet.streams.policy.PolicyVersions;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What every instance remembers of the fleet as a whole: cohorts, alerts, policies, dead letters.
 * Filled by {@link FleetReader}; bounded whatever the fleet's size. Any thread.
 */
final class FleetMemory {
  private static final int POINTS_TOTAL = 200_000;
  private static final int POINTS_MAX = 360;
  private static final int POINTS_MIN = 30;
  private static final int ALERTS_MAX = 5_000;
  private static final int POLICIES_MAX = 2_000;
  private static final int DEAD_LETTERS_MAX = 200;

  private final TreeMap<String, CohortHistory> cohorts = new TreeMap<>();
  private final LinkedHashMap<String, Alert> alerts = new LinkedHashMap<>();
  private final TreeMap<String, Rollout> rollouts = new TreeMap<>();
  private final PolicyVersions policies = new PolicyVersions(POLICIES_MAX);
  private final Deque<DeadLetter> dead = new ArrayDeque<>();
  private boolean caughtUp;
  private String problem = "the topics have not been read yet";

  /** The cohort's last round for those who watch, if it is a new one. */
  synchronized Optional<ObjectNode> add(CohortHealth health) {
    CohortHistory cohort = cohorts.computeIfAbsent(health.getCohort(), name -> new CohortHistory());
    int max = Math.max(POINTS_MIN, Math.min(POINTS_MAX, POINTS_TOTAL / cohorts.size()));
    return cohort.add(health, max) ? Optional.of(cohort.summary()) : Optional.empty();
  }

  synchronized void add(Alert alert) {
    alerts.remove(alert.getId());
    alerts.put(alert.getId(), alert);
    if (alerts.size() > ALERTS_MAX) {
      // Closed ones go first, the one that changed longest ago before the others.
      String oldest =
          alerts.values().stream()
              .filter(a -> !FeedbackDesk.isOpen(a))
              .map(Alert::getId)
              .findFirst()
              .orElse(alerts.keySet().iterator().next());
      alerts.remove(oldest);
    }
  }

  /** The last one of each cohort. */
  synchronized void add(Rollout rollout) {
    rollouts.put(rollout.getCohort(), rollout);
  }

  /** By cohort, those that go on first. */
  synchronized List<Rollout> rollouts() {
    return rollouts.values().stream()
        .sorted(Comparator.comparing((Rollout r) -> !goesOn(r)))
        .toList();
  }

  static boolean goesOn(Rollout rollout) {
    return switch (rollout.getPhase()) {
      case RUNNING, RESTING, WAITING, PAUSED -> true;
      default -> false;
    };
  }

  synchronized void add(long offset, String key, Policy policy) {
    policies.add(offset, key, policy);
    notifyAll();
  }

  /** Waits until the topic was read up to here; false = it was not within this time. */
  synchronized boolean awaitPolicy(long offset, long timeoutMs) throws InterruptedException {
    long deadline = System.nanoTime() + timeoutMs * 1_000_000;
    while (policies.end() < offset) {
      long leftMs = (deadline - System.nanoTime()) / 1_000_000;
      if (leftMs <= 0) {
        return false;
      }
      wait(leftMs);
    }
    return true;
  }

  /** Something computed of the policies while none is added. */
  synchronized <T> T policies(Function<PolicyVersions, T> of) {
    return of.apply(policies);
  }

  /** After an interruption the reader begins some records back. */
  synchronized void add(DeadLetter letter) {
    if (dead.stream().anyMatch(known -> known.place().equals(letter.place()))) {
      return;
    }
    dead.addFirst(letter);
    if (dead.size() > DEAD_LETTERS_MAX) {
      dead.removeLast();
    }
  }

  /**
   * @param what is wrong with the reading; empty = nothing
   */
  synchronized void state(boolean allRead, String what) {
    caughtUp |= allRead;
    problem = what;
  }

  synchronized boolean caughtUp() {
    return caughtUp;
  }

  synchronized String problem() {
    return problem;
  }

  /** Something computed of the cohorts, those with an incident first, while none changes. */
  synchronized <T> List<T> cohorts(String part, Function<CohortHistory, T> of) {
    return cohorts.entrySet().stream()
        .filter(e -> e.getKey().contains(part))
        .map(Map.Entry::getValue)
        .sorted(Comparator.comparing(c -> c.last().getIncident() == null))
        .map(of)
        .toList();
  }

  synchronized <T> Optional<T> cohort(String name, Function<CohortHistory, T> of) {
    return Optional.ofNullable(cohorts.get(name)).map(of);
  }

  /** The one raised last first; open ones before all others. */
  synchronized List<Alert> alerts() {
    return alerts.values().stream()
        .sorted(
            Comparator.comparing((Alert a) -> !FeedbackDesk.isOpen(a))
                .thenComparing(Comparator.comparingLong(Alert::getRaisedAtMs).reversed())
                .thenComparing(Alert::getId))
        .toList();
  }

  synchronized Optional<Alert> alert(String id) {
    return Optional.ofNullable(alerts.get(id));
  }

  /** The one put aside last first. */
  synchronized List<DeadLetter> deadLetters() {
    return dead.stream().sorted(Comparator.comparingLong(DeadLetter::atMs).reversed()).toList();
  }
}

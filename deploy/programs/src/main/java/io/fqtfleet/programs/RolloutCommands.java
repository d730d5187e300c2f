package io.fqtfleet.programs;

import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.RolloutAction;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.RolloutPhase;
import io.fqtfleet.schemas.Topics;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fleet rollout}: where new terms stand on their way to the devices, and steering them. */
@Command(
    name = "rollout",
    description = {
      "how far changed policies have reached the devices, and steering it",
      "Exit codes: 0 done, 1 refused or there is no such rollout, 2 the command line is wrong."
    })
final class RolloutCommands {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private static final String SERVERS = "localhost:9092";
  private static final int COMMENT_MAX = 500;
  private static final Set<RolloutPhase> ENDED =
      EnumSet.of(
          RolloutPhase.COMPLETE,
          RolloutPhase.ROLLED_BACK,
          RolloutPhase.ABORTED,
          RolloutPhase.SUPERSEDED);

  @Spec private CommandSpec spec;

  /** What every command to a rollout takes. */
  static final class Order {
    @Parameters(paramLabel = "COHORT")
    private String cohort;

    @Option(names = "--author", paramLabel = "NAME", description = "default: who you are here")
    private String author;

    @Option(names = "--comment", paramLabel = "TEXT", defaultValue = "", description = "why")
    private String comment;

    @Option(
        names = "--wait",
        paramLabel = "S",
        defaultValue = "90",
        description = "seconds to wait for the answer, given when the cohort's round ends (90)")
    private int waitS;

    @Option(names = "--kafka", paramLabel = "SERVERS", defaultValue = SERVERS)
    private String kafka;
  }

  @Command(name = "list", description = "the last rollout of each cohort")
  void list(
      @Option(names = "--running", description = "only those that are not over") boolean running,
      @Mixin Listing listing,
      @Option(names = "--kafka", paramLabel = "SERVERS", defaultValue = SERVERS) String kafka) {
    PrintWriter out = spec.commandLine().getOut();
    String row = "%-16s %-20s %-11s %7s %9s %7s %6s  %s%n";
    if (listing.isTable()) {
      out.printf(
          row, "cohort", "rollout", "phase", "stage", "exposed", "applied", "failed", "changed");
    }
    for (Rollout rollout : all(kafka).values()) {
      if (running && ENDED.contains(rollout.getPhase())) {
        continue;
      }
      if (!listing.isTable()) {
        listing.print(out, rollout);
      } else {
        out.printf(
            row,
            rollout.getCohort(),
            rollout.getId(),
            rollout.getPhase(),
            stage(rollout),
            rollout.getExposed() + "/" + rollout.getDevices(),
            rollout.getApplied(),
            rollout.getFailed(),
            time(rollout.getUpdatedAtMs()));
      }
    }
    out.flush();
  }

  @Command(name = "show", description = "one cohort's rollout, and the steps that led there")
  void show(
      @Parameters(paramLabel = "COHORT") String cohort,
      @Option(names = "--last", paramLabel = "N", defaultValue = "10", description = "steps")
          int last,
      @Mixin Listing listing,
      @Option(names = "--kafka", paramLabel = "SERVERS", defaultValue = SERVERS) String kafka) {
    Rollout rollout = find(kafka, cohort);
    PrintWriter out = spec.commandLine().getOut();
    if (!listing.isTable()) {
      listing.print(out, rollout);
      return;
    }
    out.printf("%s: %s%n", rollout.getId(), rollout.getSentence());
    out.printf(
        "  terms of version %d of %s in place of version %d, since %s%n",
        rollout.getPolicyVersion(),
        rollout.getPolicyCohort(),
        rollout.getBasePolicyVersion(),
        time(rollout.getStartedAtMs()));
    out.printf(
        "  %s, stage %s since %s, last step by %s%n",
        rollout.getPhase(),
        stage(rollout),
        time(rollout.getStageSinceMs()),
        rollout.getSteppedBy());
    out.printf(
        "  %d of %d devices were given them (%d planned): %d run them, %d have not answered, %d"
            + " failed%n",
        rollout.getExposed(),
        rollout.getDevices(),
        rollout.getTarget(),
        rollout.getApplied(),
        rollout.getPending(),
        rollout.getFailed());
    out.printf("  %s%n", accuracy(rollout));
    out.printf("  canaries: %s%n", String.join(", ", rollout.getCanaries()));
    for (Decision step : steps(kafka, cohort, last)) {
      out.printf(
          "%s  %s -> %s: %s%n",
          time(step.getDecidedAtMs()), step.getFrom(), step.getTo(), step.getSentence());
    }
    out.flush();
  }

  @Command(name = "pause", description = "no further wave until 'resume'")
  int pause(@Mixin Order order) {
    return send(RolloutAction.PAUSE, order);
  }

  @Command(name = "resume", description = "goes on where it was paused, watched anew")
  int resume(@Mixin Order order) {
    return send(RolloutAction.RESUME, order);
  }

  @Command(name = "approve", description = "the wave that waits for it may start")
  int approve(@Mixin Order order) {
    return send(RolloutAction.APPROVE, order);
  }

  @Command(name = "abort", description = "the last good terms return to all devices")
  int abort(@Mixin Order order) {
    return send(RolloutAction.ABORT, order);
  }

  /** It names the rollout that the operator sees now: one that began meanwhile is not meant. */
  private int send(RolloutAction action, Order order) {
    String cohort = order.cohort;
    Rollout rollout = find(order.kafka, cohort);
    if (ENDED.contains(rollout.getPhase()) && action != RolloutAction.RESUME) {
      throw new IllegalStateException(
          "rollout %s is over (%s): %s"
              .formatted(rollout.getId(), rollout.getPhase(), rollout.getSentence()));
    }
    if (order.comment.length() > COMMENT_MAX) {
      throw new IllegalArgumentException(
          "--comment has %d characters; at most %d".formatted(order.comment.length(), COMMENT_MAX));
    }
    RolloutCommand command =
        RolloutCommand.newBuilder()
            .setCohort(cohort)
            .setRollout(rollout.getId())
            .setAction(action)
            .setAuthor(
                order.author == null ? System.getProperty("user.name", "unknown") : order.author)
            .setComment(order.comment.strip())
            .setGivenAtMs(System.currentTimeMillis())
            .build();
    RolloutAnswer.Answer answer;
    try (RolloutAnswer answers = new RolloutAnswer(order.kafka, cohort)) {
      new FleetTopic<>(order.kafka, Topics.ROLLOUT_COMMANDS, RolloutCommand.class)
          .publish(cohort, command, null);
      answer = answers.await(command, Duration.ofSeconds(order.waitS));
    }
    if (answer.kind() == RolloutAnswer.Kind.REFUSED) {
      throw new IllegalStateException(answer.words());
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        answer.kind() == RolloutAnswer.Kind.OBEYED
            ? rollout.getId() + ": " + answer.words()
            : "%s of %s is stored; no round of the cohort has ended within %d s: 'rollout show %s'"
                .formatted(
                    action.name().toLowerCase(Locale.ROOT), rollout.getId(), order.waitS, cohort));
    out.flush();
    return 0;
  }

  /** The last rollout of each cohort, by name. */
  static Map<String, Rollout> all(String kafka) {
    Map<String, Rollout> rollouts = new TreeMap<>();
    new FleetTopic<>(kafka, Topics.ROLLOUTS, Rollout.class)
        .read(
            (cohort, rollout) -> {
              if (rollout == null) {
                rollouts.remove(cohort);
              } else {
                rollouts.put(cohort, rollout);
              }
            });
    return rollouts;
  }

  private static Rollout find(String kafka, String cohort) {
    Rollout found = all(kafka).get(cohort);
    if (found == null) {
      throw new IllegalStateException(
          ("cohort '%s' never had a rollout; 'rollout list' shows all, and a policy rolls out only"
                  + " if it has a plan (key rollout)")
              .formatted(cohort));
    }
    return found;
  }

  private static Deque<Decision> steps(String kafka, String cohort, int shown) {
    Deque<Decision> steps = new ArrayDeque<>();
    new FleetTopic<>(kafka, Topics.DECISIONS, Decision.class)
        .read(
            cohort,
            (key, decision) -> {
              if (decision != null && decision.getDevice() == null) {
                steps.addLast(decision);
                if (steps.size() > shown) {
                  steps.removeFirst();
                }
              }
            });
    return steps;
  }

  private static String stage(Rollout rollout) {
    return (rollout.getStage() + 1) + "/" + rollout.getStages();
  }

  private static String accuracy(Rollout rollout) {
    return rollout.getAccuracyLoss() == null
        ? "no labelled samples under the new terms yet"
        : "accuracy lost to them: %.1f %% (%.1f %% beyond chance), from %d labelled samples"
            .formatted(
                100 * rollout.getAccuracyLoss(),
                100 * (rollout.getAccuracyLossSure() == null ? 0 : rollout.getAccuracyLossSure()),
                rollout.getSamples());
  }

  /**
   * A device's part in its cohort's rollout, in words.
   *
   * @param policyVersion of its budget
   */
  static String partOf(Rollout rollout, String device, long policyVersion) {
    String part =
        ENDED.contains(rollout.getPhase())
            ? "is over"
            : policyVersion == rollout.getPolicyVersion()
                ? rollout.getCanaries().contains(device)
                    ? "reached this device as a canary"
                    : "has reached this device"
                : "has not reached this device, it keeps the terms of version "
                    + rollout.getBasePolicyVersion();
    return "rollout %s (%s, stage %s) %s: %s"
        .formatted(
            rollout.getId(), rollout.getPhase(), stage(rollout), part, rollout.getSentence());
  }

  private static String time(long ms) {
    return TIME.format(Instant.ofEpochMilli(ms));
  }
}

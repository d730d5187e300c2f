package io.fqtfleet.programs;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.streams.policy.Difference;
import io.fqtfleet.streams.policy.Freezing;
import io.fqtfleet.streams.policy.PolicyFile;
import io.fqtfleet.streams.policy.PolicyText;
import io.fqtfleet.streams.policy.PolicyVersions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** How a new version of a policy is sent, whether it comes from a file or from the history. */
final class PolicySending {
  private static final int REFUSED = 1;

  @Option(
      names = "--kafka",
      paramLabel = "SERVERS",
      defaultValue = "localhost:9092",
      description = "default: ${DEFAULT-VALUE}")
  private String kafka;

  @Option(names = "--author", paramLabel = "NAME", description = "default: who you are here")
  private String author;

  @Option(names = "--comment", paramLabel = "TEXT", description = "why; shown in the history")
  private String comment;

  @Option(names = "--thaw", description = "also if the policy in force was frozen by 'freeze'")
  private boolean thaw;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "how long the answer of streams is waited for (${DEFAULT-VALUE})")
  private int waitSeconds;

  @Option(
      names = "--application-id",
      paramLabel = "ID",
      defaultValue = "fqt-streams",
      description = "application.id of streams (${DEFAULT-VALUE})")
  private String applicationId;

  private String author() {
    return author == null ? System.getProperty("user.name", "unknown") : author;
  }

  private int send(CommandSpec spec, PolicyTopic topic, Policy before, Policy next) {
    PrintWriter out = spec.commandLine().getOut();
    String cohort = next.getCohort();
    List<Difference> changes = before == null ? List.of() : PolicyText.differences(before, next);
    if (before != null && changes.isEmpty()) {
      out.printf(
          "nothing is sent: version %d of cohort %s says the same%n", before.getVersion(), cohort);
      out.flush();
      return 0;
    }
    if (Freezing.froze(before) && !next.getFrozen() && !thaw) {
      throw new IllegalStateException(
          "cohort %s is stopped (%s) and this version would let it train; 'thaw' first, or --thaw"
              .formatted(cohort, before.getComment()));
    }
    try (PolicyAnswer answers = new PolicyAnswer(kafka, applicationId)) {
      topic.publish(next);
      changes.forEach(change -> out.println("  " + change));
      PolicyAnswer.Answer answer = answers.await(next, Duration.ofSeconds(waitSeconds));
      switch (answer.kind()) {
        case ADOPTED ->
            out.printf(
                "version %d of the policy of cohort %s is in force from the next round on%n",
                next.getVersion(), cohort);
        case REFUSED ->
            throw new IllegalStateException(
                "streams refused version %d of cohort %s, the one before stays in force: %s"
                    .formatted(next.getVersion(), cohort, answer.words()));
        case NONE ->
            out.printf(
                "version %d of the policy of cohort %s is stored; it holds from the next round on"
                    + " once streams runs: '%s' did not answer within %d s%n",
                next.getVersion(), cohort, applicationId, waitSeconds);
      }
    } finally {
      out.flush();
      warn(spec, topic);
    }
    return 0;
  }

  private static void warn(CommandSpec spec, PolicyTopic topic) {
    String forgets = topic.forgets();
    if (forgets != null) {
      spec.commandLine().getErr().println("fleet: " + forgets);
    }
  }

  /** From a file. */
  @Command(
      name = "apply",
      description = {
        "validate a policy file and put it into the config topic; exit code 1 if it is refused",
        "A file that names its version is applied only if that one is still in force."
      })
  static final class Apply implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private PolicySending sending;

    @Parameters(paramLabel = "FILE")
    private Path file;

    @Override
    public Integer call() {
      PolicyFile parsed = PolicyCommand.parse(file);
      // Validated before Kafka is asked for anything.
      PolicyCommand.checked(file.toString(), parsed, 1);
      PolicyTopic topic = new PolicyTopic(sending.kafka);
      topic.make();
      Policy before = topic.newest().get(parsed.cohort());
      long version = before == null ? 0 : before.getVersion();
      String outdated = parsed.outdated(before);
      if (outdated != null) {
        spec.commandLine()
            .getErr()
            .printf(
                "fleet: %s was %s; nothing is sent. Look at 'policy diff', take over what changed,"
                    + " set version: %d%n",
                file, outdated, version);
        return REFUSED;
      }
      Policy next = PolicyCommand.checked(file.toString(), parsed, version + 1, sending.author());
      if (sending.comment != null) {
        next = Policy.newBuilder(next).setComment(sending.comment.strip()).build();
      }
      return sending.send(spec, topic, before, next);
    }
  }

  /** From the history. */
  @Command(name = "restore", description = "apply an older version once more, as a new one")
  static final class Restore implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private PolicySending sending;

    @Parameters(paramLabel = "COHORT", description = "or *")
    private String cohort;

    @Option(names = "--version", required = true, paramLabel = "N")
    private long version;

    @Override
    public Integer call() {
      PolicyCommand.checkCohort(cohort);
      PolicyTopic topic = new PolicyTopic(sending.kafka);
      PolicyVersions versions = topic.versions();
      Policy old = versions.find(cohort, version);
      Policy before = versions.newest().get(cohort);
      String why = sending.comment == null ? "version " + version + " again" : sending.comment;
      Policy next =
          PolicyVersions.after(old, sending.author(), why.strip(), System.currentTimeMillis())
              .setVersion(before.getVersion() + 1)
              .build();
      return sending.send(spec, topic, before, next);
    }
  }
}

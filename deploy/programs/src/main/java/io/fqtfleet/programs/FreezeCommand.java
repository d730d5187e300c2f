package io.fqtfleet.programs;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.streams.policy.Freezing;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code fleet freeze} and {@code fleet thaw}: all training stops, and goes on as before.
 *
 * <p>Each cohort that has a policy gets a version that differs in {@code frozen} alone, and so does
 * the default, which holds for all others.
 */
@Command(name = "freeze", description = "stop all training of the fleet, or of one cohort")
final class FreezeCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Option(names = "--cohort", paramLabel = "NAME", description = "only this one; * = the default")
  private String cohort;

  @Option(
      names = "--kafka",
      paramLabel = "SERVERS",
      defaultValue = "localhost:9092",
      description = "default: ${DEFAULT-VALUE}")
  private String kafka;

  @Option(names = "--comment", paramLabel = "TEXT", defaultValue = "by an operator")
  private String comment;

  @Override
  public void run() {
    PolicyTopic topic = new PolicyTopic(kafka);
    if (cohort != null) {
      PolicyCommand.checkCohort(cohort);
    }
    List<Policy> frozen =
        Freezing.freeze(topic.versions(), cohort, author(), comment, System.currentTimeMillis());
    frozen.forEach(topic::publish);
    say(spec, frozen, "frozen", "was frozen already; nothing changed");
  }

  private static String author() {
    return System.getProperty("user.name", "unknown");
  }

  private static void say(CommandSpec spec, List<Policy> changed, String what, String otherwise) {
    var out = spec.commandLine().getOut();
    if (changed.isEmpty()) {
      out.println("every policy concerned " + otherwise);
    } else {
      out.printf(
          "%s: %s; it holds from each cohort's next round on%n",
          what, changed.stream().map(Policy::getCohort).collect(Collectors.joining(", ")));
    }
    out.flush();
  }

  /** The way back. */
  @Command(name = "thaw", description = "let train again what 'freeze' stopped")
  static final class Thaw implements Runnable {
    @Spec private CommandSpec spec;

    @Option(names = "--cohort", paramLabel = "NAME", description = "only this one; * = the default")
    private String cohort;

    @Option(names = "--kafka", paramLabel = "SERVERS", defaultValue = "localhost:9092")
    private String kafka;

    @Override
    public void run() {
      PolicyTopic topic = new PolicyTopic(kafka);
      List<Policy> thawed =
          Freezing.thaw(topic.versions(), cohort, author(), System.currentTimeMillis());
      thawed.forEach(topic::publish);
      say(
          spec,
          thawed,
          "training again",
          "is not frozen by 'freeze'; a policy file that says 'frozen: true' is changed by 'policy"
              + " apply'");
    }
  }
}

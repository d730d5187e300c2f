package io.fqtfleet.programs;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.budget.Policies;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
  /** Begins the comment of a version that freeze made; thaw ends these only. */
  private static final String MARK = "frozen: ";

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
    List<String> changed = new ArrayList<>();
    for (Policy policy : concerned(topic.newest(), cohort)) {
      if (!policy.getFrozen()) {
        topic.publish(next(policy, true, MARK + comment));
        changed.add(policy.getCohort());
      }
    }
    say(spec, changed, "frozen", "was frozen already; nothing changed");
  }

  /** The policies in force; the built-in one where the default has none. */
  private static List<Policy> concerned(Map<String, Policy> newest, String cohort) {
    if (cohort == null) {
      List<Policy> all = new ArrayList<>(newest.values());
      if (!newest.containsKey(Topics.ANY_COHORT)) {
        all.add(Policies.DEFAULT);
      }
      return all;
    }
    if (!cohort.equals(Topics.ANY_COHORT) && !Topics.COHORT.matcher(cohort).matches()) {
      throw new IllegalArgumentException(
          "--cohort '%s' is neither * nor %s".formatted(cohort, Topics.COHORT.pattern()));
    }
    Policy own = newest.get(cohort);
    if (own != null) {
      return List.of(own);
    }
    Policy inForce = newest.getOrDefault(Topics.ANY_COHORT, Policies.DEFAULT);
    return List.of(Policy.newBuilder(inForce).setCohort(cohort).setVersion(0).build());
  }

  private static Policy next(Policy policy, boolean frozen, String comment) {
    return Policy.newBuilder(policy)
        .setVersion(policy.getVersion() + 1)
        .setAuthor(System.getProperty("user.name", "unknown"))
        .setAppliedAtMs(System.currentTimeMillis())
        .setFrozen(frozen)
        .setComment(comment)
        .build();
  }

  /** Whether a policy stands still because of this command. */
  static boolean froze(Policy policy) {
    return policy != null && policy.getFrozen() && policy.getComment().startsWith(MARK);
  }

  private static void say(CommandSpec spec, List<String> changed, String what, String otherwise) {
    var out = spec.commandLine().getOut();
    if (changed.isEmpty()) {
      out.println("every policy concerned " + otherwise);
    } else {
      out.printf(
          "%s: %s; it holds from each cohort's next round on%n", what, String.join(", ", changed));
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
      List<String> changed = new ArrayList<>();
      for (Policy policy : topic.newest().values()) {
        boolean asked = cohort == null || cohort.equals(policy.getCohort());
        if (asked && froze(policy)) {
          topic.publish(next(policy, false, "thawed"));
          changed.add(policy.getCohort());
        }
      }
      say(
          spec,
          changed,
          "training again",
          "is not frozen by 'freeze'; a policy file that says 'frozen: true' is changed by 'policy"
              + " apply'");
    }
  }
}

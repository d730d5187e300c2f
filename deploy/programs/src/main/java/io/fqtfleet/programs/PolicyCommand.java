package io.fqtfleet.programs;

import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.streams.budget.PolicyRules;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code fleet policy}: what operators allow a cohort. */
@Command(name = "policy", description = "operators' policies")
public final class PolicyCommand {

  @Command(name = "validate", description = "check a policy file; exit code 1 if it is refused")
  void validate(@Parameters(paramLabel = "FILE") Path file) {
    Policy policy = read(file, 1);
    System.out.printf("%s: the policy of cohort %s is valid%n", file, policy.getCohort());
  }

  @Command(name = "apply", description = "validate a policy file and put it into the config topic")
  void apply(
      @Parameters(paramLabel = "FILE") Path file,
      @Option(names = "--kafka", required = true, paramLabel = "SERVERS") String kafka) {
    String cohort = read(file, 1).getCohort();
    PolicyTopic topic = new PolicyTopic(kafka);
    Policy policy = read(file, topic.nextVersion(cohort));
    topic.publish(policy);
    System.out.printf(
        "version %d of the policy of cohort %s is stored; it holds from the next round on%n",
        policy.getVersion(), cohort);
  }

  @Command(name = "history", description = "every version ever applied, oldest first")
  void history(@Option(names = "--kafka", required = true, paramLabel = "SERVERS") String kafka) {
    System.out.println("cohort           version  author           comment");
    for (Policy policy : new PolicyTopic(kafka).history()) {
      System.out.printf(
          "%-16s %7d  %-16s %s%n",
          policy.getCohort(), policy.getVersion(), policy.getAuthor(), policy.getComment());
    }
  }

  /** Reads a policy file and holds it against the rules that the streams service holds it to. */
  public static Policy read(Path file, long version) {
    PolicyFile parsed = StrictYaml.read(file, PolicyFile.class, Map.of(), "");
    return checked(file.toString(), parsed, version);
  }

  static Policy checked(String source, PolicyFile parsed, long version) {
    String author = System.getProperty("user.name", "unknown");
    Policy policy = parsed.toPolicy(version, author, System.currentTimeMillis());
    List<String> problems = PolicyRules.problems(policy);
    if (!problems.isEmpty()) {
      throw ConfigException.of(source, problems);
    }
    return policy;
  }
}

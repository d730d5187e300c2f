package io.fqtfleet.programs;

import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.budget.PolicyRules;
import io.fqtfleet.streams.policy.Difference;
import io.fqtfleet.streams.policy.PolicyFile;
import io.fqtfleet.streams.policy.PolicyText;
import io.fqtfleet.streams.policy.PolicyVersions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fleet policy}: what operators allow a cohort. */
@Command(
    name = "policy",
    description = {
      "what operators allow a cohort; every version stays, and can come back",
      "Exit codes: 0 done or equal, 1 refused or different, 2 the command line is wrong."
    },
    subcommands = {PolicySending.Apply.class, PolicySending.Restore.class})
public final class PolicyCommand {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private static final int DIFFERENT = 1;
  private static final String SERVERS = "localhost:9092";

  @Spec private CommandSpec spec;

  @Command(name = "validate", description = "check a policy file; exit code 1 if it is refused")
  void validate(@Parameters(paramLabel = "FILE") Path file) {
    Policy policy = read(file, 1);
    out().printf("%s: the policy of cohort %s is valid%n", file, policy.getCohort());
    out().flush();
  }

  @Command(
      name = "get",
      description = "the policy in force, or an older version, as a file to edit and apply again")
  void get(
      @Parameters(
              paramLabel = "COHORT",
              arity = "0..1",
              defaultValue = Topics.ANY_COHORT,
              description = "* (the default) = that of all cohorts without one of their own")
          String cohort,
      @Option(names = "--version", paramLabel = "N", description = "an older one") Long number,
      @Mixin Listing listing,
      @Option(names = "--kafka", paramLabel = "SERVERS", defaultValue = SERVERS) String kafka) {
    checkCohort(cohort);
    PolicyVersions versions = new PolicyTopic(kafka).versions();
    Policy policy = number == null ? versions.inForce(cohort) : versions.find(cohort, number);
    Listing.Form form = listing.form(Listing.Form.YAML);
    if (form == Listing.Form.JSON) {
      listing.print(out(), PolicyText.json(policy));
    } else if (form == Listing.Form.TABLE) {
      PolicyText.leaves(policy).forEach((path, value) -> out().printf("%-36s %s%n", path, value));
    } else {
      out()
          .printf(
              "# version %d of cohort %s, applied by %s at %s%n",
              policy.getVersion(),
              policy.getCohort(),
              oneLine(policy.getAuthor()),
              time(policy.getAppliedAtMs()));
      if (!policy.getCohort().equals(cohort)) {
        out()
            .printf(
                "# cohort %s has no policy of its own: this one holds; to give it one, set cohort:"
                    + " %s and remove version:%n",
                cohort, cohort);
      }
      out().print(PolicyText.yaml(policy));
    }
    out().flush();
  }

  @Command(
      name = "diff",
      description =
          "what a file would change, or what changed between two versions; exit code 1 if they"
              + " differ")
  int diff(
      @Parameters(
              paramLabel = "FILE",
              arity = "0..1",
              description = "held against what is in force")
          Path file,
      @Option(names = "--cohort", paramLabel = "NAME", defaultValue = Topics.ANY_COHORT)
          String cohort,
      @Option(names = "--from", paramLabel = "N", description = "the older version") Long from,
      @Option(names = "--to", paramLabel = "N", description = "default: the one in force") Long to,
      @Option(names = "--kafka", paramLabel = "SERVERS", defaultValue = SERVERS) String kafka) {
    if (file == null == (from == null) || file != null && to != null) {
      throw new ParameterException(
          spec.subcommands().get("diff"), "give a FILE, or --cohort NAME --from N [--to N]");
    }
    checkCohort(cohort);
    Policy after = file == null ? null : read(file, 1);
    PolicyVersions versions = new PolicyTopic(kafka).versions();
    Policy before;
    if (file == null) {
      before = versions.find(cohort, from);
      after = to == null ? versions.inForce(cohort) : versions.find(cohort, to);
    } else {
      before = versions.inForce(after.getCohort());
    }
    List<Difference> lines = PolicyText.differences(before, after);
    lines.forEach(out()::println);
    if (lines.isEmpty()) {
      out()
          .printf("no difference from version %d of %s%n", before.getVersion(), before.getCohort());
    }
    out().flush();
    return lines.isEmpty() ? 0 : DIFFERENT;
  }

  @Command(name = "history", description = "every version ever applied, oldest first")
  void history(
      @Parameters(paramLabel = "COHORT", arity = "0..1", description = "only this one")
          String cohort,
      @Mixin Listing listing,
      @Option(names = "--kafka", paramLabel = "SERVERS", defaultValue = SERVERS) String kafka) {
    PolicyTopic topic = new PolicyTopic(kafka);
    PolicyVersions versions = topic.versions();
    Map<String, Policy> newest = versions.newest();
    String row = "%-16s %7s  %-19s  %-9s  %-16s %s%n";
    if (listing.isTable()) {
      out().printf(row, "cohort", "version", "applied (UTC)", "fate", "author", "comment");
    }
    for (PolicyVersions.Version version : versions.all()) {
      Policy policy = version.policy();
      if (cohort != null && !cohort.equals(policy.getCohort())) {
        continue;
      }
      String fate =
          !version.refused().isEmpty()
              ? "refused"
              : newest.get(policy.getCohort()) == policy ? "in force" : "replaced";
      if (!listing.isTable()) {
        var line = (com.fasterxml.jackson.databind.node.ObjectNode) PolicyText.json(policy);
        line.put("fate", fate);
        line.put("refused", String.join("; ", version.refused()));
        listing.print(out(), line);
      } else {
        out()
            .printf(
                row,
                policy.getCohort(),
                policy.getVersion(),
                time(policy.getAppliedAtMs()),
                fate,
                oneLine(policy.getAuthor()),
                version.refused().isEmpty()
                    ? oneLine(policy.getComment())
                    : String.join("; ", version.refused()));
      }
    }
    out().flush();
    String forgets = topic.forgets();
    if (forgets != null) {
      spec.commandLine().getErr().println("fleet: " + forgets);
    }
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  static void checkCohort(String cohort) {
    if (!cohort.equals(Topics.ANY_COHORT) && !Topics.COHORT.matcher(cohort).matches()) {
      throw new IllegalArgumentException(
          "cohort '%s' is neither * nor %s".formatted(cohort, Topics.COHORT.pattern()));
    }
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\s+", " ");
  }

  private static String time(long ms) {
    return TIME.format(Instant.ofEpochMilli(ms));
  }

  static PolicyFile parse(Path file) {
    return StrictYaml.read(file, PolicyFile.class, Map.of(), "");
  }

  /** Reads a policy file and holds it against the rules that the streams service holds it to. */
  public static Policy read(Path file, long version) {
    return checked(file.toString(), parse(file), version);
  }

  static Policy checked(String source, PolicyFile parsed, long version) {
    return checked(source, parsed, version, System.getProperty("user.name", "unknown"));
  }

  static Policy checked(String source, PolicyFile parsed, long version, String author) {
    Policy policy = parsed.toPolicy(version, author, System.currentTimeMillis());
    List<String> problems = PolicyRules.problems(policy);
    if (!problems.isEmpty()) {
      throw ConfigException.of(source, problems);
    }
    return policy;
  }
}

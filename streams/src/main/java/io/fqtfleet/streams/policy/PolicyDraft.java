package io.fqtfleet.streams.policy;

import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.schemas.YamlLines;
import io.fqtfleet.streams.budget.PolicyRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an operator wrote, read and held against the rules.
 *
 * @param file null if it cannot be read
 * @param policy as it would be stored, the next version; null if there is a problem
 * @param problems all that is wrong; empty = it may be stored
 */
public record PolicyDraft(PolicyFile file, Policy policy, List<Problem> problems) {
  private static final Pattern PATH = Pattern.compile("([A-Za-z][\\w.\\[\\]]*)( \\(\\w+\\))?: ");

  private static final Pattern LINE = Pattern.compile("line (\\d+): ");
  private static final Pattern FIRST_WORD = Pattern.compile("\\w+");

  /** The record's names of what the file calls otherwise. */
  private static final Map<String, String> NAMES =
      Map.of(
          "driftSettings", "detection",
          "timeToLiveS", "timeToLive",
          "pseudoLabelPermille", "pseudoLabelConfidence",
          "lambda", "lambdaMin");

  private static final Pattern UNIT = Pattern.compile("(Permille|Ms)$");

  /**
   * One thing wrong.
   *
   * @param path of the setting in the file; empty = of the whole
   * @param line of the text, from 1; 0 = not known
   * @param text value, rule, remedy
   */
  public record Problem(String path, int line, String text) {}

  /**
   * Judges a text as {@code policy validate} does, and that it was made from what is in force.
   *
   * @param versions those there are; the draft follows its cohort's newest
   */
  public static PolicyDraft read(String yaml, PolicyVersions versions, String author, long nowMs) {
    YamlLines lines = YamlLines.of(yaml);
    PolicyFile file;
    try {
      file = StrictYaml.parse("the policy", yaml, PolicyFile.class);
    } catch (ConfigException e) {
      return new PolicyDraft(
          null, null, e.problems().stream().map(p -> problem(p, lines)).toList());
    }
    Policy before = versions.newest().get(file.cohort());
    long version = before == null ? 0 : before.getVersion();
    Policy policy = file.toPolicy(version + 1, author, nowMs);
    List<String> wrong = new ArrayList<>(PolicyRules.problems(policy));
    String outdated = file.outdated(before);
    if (outdated != null) {
      wrong.add("version: " + outdated + "; look at what changed, take it over, set " + version);
    }
    if (Freezing.froze(before) && !policy.getFrozen()) {
      wrong.add(
          "frozen: the cohort is stopped (%s) and this would let it train; thaw it first"
              .formatted(before.getComment()));
    }
    List<Problem> problems = wrong.stream().map(p -> problem(p, lines)).toList();
    return new PolicyDraft(file, problems.isEmpty() ? policy : null, problems);
  }

  private static Problem problem(String said, YamlLines lines) {
    Matcher line = LINE.matcher(said);
    if (line.lookingAt()) {
      return new Problem("", Integer.parseInt(line.group(1)), said.substring(line.end()));
    }
    Matcher matcher = PATH.matcher(said);
    if (!matcher.lookingAt()) {
      return placed("", said, lines);
    }
    List<String> parts = new ArrayList<>();
    for (String part : matcher.group(1).split("\\.")) {
      parts.add(UNIT.matcher(NAMES.getOrDefault(part, part)).replaceFirst(""));
    }
    return placed(String.join(".", parts), said.substring(matcher.end()), lines);
  }

  /** The rules of a part say the setting's name first: "quiet: lambdaMin 1.5 is not ...". */
  private static Problem placed(String path, String text, YamlLines lines) {
    Matcher word = FIRST_WORD.matcher(text);
    String inner = word.lookingAt() ? (path.isEmpty() ? "" : path + ".") + word.group() : path;
    String place = lines.has(inner) ? inner : path;
    Integer line = lines.line(place + ":");
    return new Problem(place, line == null ? 0 : line, text);
  }
}

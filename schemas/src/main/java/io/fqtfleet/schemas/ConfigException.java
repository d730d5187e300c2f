package io.fqtfleet.schemas;

import java.util.List;

/** A file that an operator must mend; the message lists all that is wrong with it. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  ConfigException(String source, List<String> problems) {
    super(
        "%s: %d problem%s\n  - %s"
            .formatted(
                source,
                problems.size(),
                problems.size() == 1 ? "" : "s",
                String.join("\n  - ", problems)));
    this.problems = List.copyOf(problems);
  }

  /** Refuses what {@code source} says, for rules that lie beyond one file's records. */
  public static ConfigException of(String source, List<String> problems) {
    return new ConfigException(source, problems);
  }

  /** One sentence each: path, value, rule, remedy. */
  public List<String> problems() {
    return problems;
  }
}

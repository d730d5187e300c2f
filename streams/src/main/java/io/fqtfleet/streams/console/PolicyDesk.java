package io.fqtfleet.streams.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.streams.policy.PolicyDraft;
import io.fqtfleet.streams.policy.PolicyText;
import io.fqtfleet.streams.policy.PolicyVersions;
import io.fqtfleet.streams.policy.PolicyVersions.Version;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Policies as the page shows and edits them: as YAML, with what differs, judged before stored. */
final class PolicyDesk {
  private static final int HISTORY_SHOWN = 200;

  private final FleetMemory memory;
  private final OperatorWrites writes;

  PolicyDesk(FleetMemory memory, OperatorWrites writes) {
    this.memory = memory;
    this.writes = writes;
  }

  /** What is in force, and every version with its fate. */
  ObjectNode list() {
    ObjectNode node = Views.JSON.createObjectNode();
    ArrayNode inForce = node.putArray("policies");
    ArrayNode history = node.putArray("history");
    memory.policies(
        versions -> {
          versions.newest().values().stream()
              .sorted(Comparator.comparing(Policy::getCohort))
              .forEach(p -> inForce.add(line(p, "in force")));
          List<Version> all = versions.all();
          for (int i = all.size() - 1; i >= Math.max(0, all.size() - HISTORY_SHOWN); i--) {
            history.add(line(all.get(i).policy(), fate(all.get(i), versions)));
          }
          return null;
        });
    return node;
  }

  private static String fate(Version version, PolicyVersions versions) {
    Policy policy = version.policy();
    return !version.refused().isEmpty()
        ? "refused: " + String.join("; ", version.refused())
        : policy.equals(versions.newest().get(policy.getCohort())) ? "in force" : "replaced";
  }

  private static ObjectNode line(Policy policy, String fate) {
    ObjectNode node = Views.JSON.createObjectNode();
    node.put("cohort", policy.getCohort());
    node.put("version", policy.getVersion());
    node.put("author", policy.getAuthor());
    node.put("appliedAtMs", policy.getAppliedAtMs());
    node.put("comment", policy.getComment());
    node.put("frozen", policy.getFrozen());
    node.put("silences", policy.getSilences().size());
    node.put("fate", fate);
    return node;
  }

  /** One version: its text, and what it changed. */
  ObjectNode version(String cohort, String number) throws ApiException {
    List<Version> all = memory.policies(PolicyVersions::all);
    Version version = find(all, cohort, number);
    Policy policy = version.policy();
    ObjectNode node = line(policy, memory.policies(v -> fate(version, v)));
    node.put("yaml", PolicyText.yaml(policy));
    Optional<Policy> before =
        all.stream()
            .filter(v -> v.refused().isEmpty() && v.offset() < version.offset())
            .map(Version::policy)
            .filter(p -> p.getCohort().equals(cohort))
            .reduce((first, second) -> second);
    if (before.isPresent()) {
      node.put("beforeVersion", before.get().getVersion());
      node.set("changes", changes(before.get(), policy));
    }
    return node;
  }

  private static Version find(List<Version> all, String cohort, String number) throws ApiException {
    return all.stream()
        .filter(v -> v.policy().getCohort().equals(cohort))
        .filter(v -> number.equals(Long.toString(v.policy().getVersion())))
        .min(Comparator.comparing((Version v) -> !v.refused().isEmpty()))
        .orElseThrow(
            () ->
                new ApiException(
                    ApiException.NOT_FOUND,
                    "there is no version %s of a policy of '%s'".formatted(number, cohort)));
  }

  /**
   * The text that an operator begins with: what is in force, or an older version to be restored. It
   * names the version in force, so that it is stored only while nothing else came.
   */
  ObjectNode draft(String cohort, String number) throws ApiException {
    OperatorWrites.checked(cohort);
    Policy base = memory.policies(v -> v.base(cohort));
    Policy text = base;
    if (!number.isEmpty()) {
      Policy old = find(memory.policies(PolicyVersions::all), cohort, number).policy();
      text =
          Policy.newBuilder(old)
              .setVersion(base.getVersion())
              .setComment("version " + number + " again")
              .build();
    }
    ObjectNode node = line(base, "in force");
    node.put("own", base.getVersion() > 0);
    node.put("yaml", PolicyText.yaml(text));
    return node;
  }

  /** All that is wrong with a text, each with its line; or what it would change. */
  ObjectNode check(String yaml, String author, long nowMs) {
    PolicyDraft draft = memory.policies(v -> PolicyDraft.read(yaml, v, author, nowMs));
    ObjectNode node = Views.JSON.createObjectNode();
    ArrayNode problems = node.putArray("problems");
    for (PolicyDraft.Problem problem : draft.problems()) {
      problems
          .addObject()
          .put("path", problem.path())
          .put("line", problem.line())
          .put("text", problem.text());
    }
    Policy next = draft.policy();
    if (next != null) {
      Policy base = memory.policies(v -> v.base(next.getCohort()));
      node.put("cohort", next.getCohort());
      node.put("version", next.getVersion());
      node.put("staged", next.getRollout() != null);
      node.set("changes", changes(base, next));
    }
    return node;
  }

  private static ArrayNode changes(Policy before, Policy after) {
    ArrayNode changes = Views.JSON.createArrayNode();
    PolicyText.differences(before, after)
        .forEach(
            d ->
                changes
                    .addObject()
                    .put("path", d.path())
                    .put("before", d.before())
                    .put("after", d.after()));
    return changes;
  }

  /** What it says is shown to the person. */
  String apply(String yaml, String author, String comment, long nowMs) throws ApiException {
    Policy stored = writes.policy(yaml, author, comment, nowMs);
    return "stored as version %d of policy %s; it holds from the next round on%s"
        .formatted(
            stored.getVersion(),
            stored.getCohort(),
            stored.getRollout() == null ? "" : ", changed terms in stages: see Rollouts");
  }
}

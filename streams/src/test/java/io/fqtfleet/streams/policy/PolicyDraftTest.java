package io.fqtfleet.streams.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.policy.PolicyDraft.Problem;
import java.util.List;
import org.junit.jupiter.api.Test;

class PolicyDraftTest {
  private static final String YAML =
      PolicyText.yaml(Policies.DEFAULT).replaceFirst("version: .*\n", "");

  private final PolicyVersions versions = new PolicyVersions(100);

  private PolicyDraft draft(String yaml) {
    return PolicyDraft.read(yaml, versions, "kim", 1_000);
  }

  private static int lineOf(String start) {
    List<String> lines = YAML.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith(start)) {
        return i + 1;
      }
    }
    throw new AssertionError(start + " is on no line of\n" + YAML);
  }

  private Problem only(String from, String to) {
    String broken = YAML.replaceFirst(from, to);
    assertTrue(!broken.equals(YAML), from + " is not in\n" + YAML);
    List<Problem> problems = draft(broken).problems();
    assertEquals(1, problems.size(), problems.toString());
    return problems.get(0);
  }

  @Test
  void whatIsValidFollowsTheNewestVersion() {
    PolicyDraft first = draft(YAML);
    assertEquals(List.of(), first.problems());
    assertEquals(1, first.policy().getVersion());
    versions.add(7, "*", first.policy());
    assertEquals(2, draft(YAML).policy().getVersion());
    assertEquals("kim", draft(YAML).policy().getAuthor());
  }

  @Test
  void aProblemNamesTheLineOfItsSettingAsTheFileCallsIt() {
    Problem range = only("lambdaMin: 0.05", "lambdaMin: 1.5");
    assertEquals("quiet.lambdaMin", range.path());
    assertEquals(lineOf("  lambdaMin"), range.line());
    assertTrue(range.text().contains("is not between 0 and 1"), range.text());

    Problem rule = only("grace: 500ms", "grace: 2h");
    assertEquals("detection.grace", rule.path(), "the record calls it driftSettings.graceMs");
    assertEquals(lineOf("  grace"), rule.line());

    Problem unknown = only("batchSize", "batchSise");
    assertEquals("quiet.batchSise", unknown.path());
    assertEquals(lineOf("  batchSize"), unknown.line());
    assertTrue(unknown.text().contains("did you mean 'batchSize'"), unknown.text());

    Problem syntax = only("round: ", "round: [");
    assertTrue(syntax.line() > 0, syntax.toString());
  }

  @Test
  void aDraftOfAnOlderVersionIsRefused() {
    Policy stored = Policy.newBuilder(draft(YAML).policy()).setVersion(4).setAuthor("lee").build();
    versions.add(0, "*", stored);
    PolicyDraft old = draft("version: 3\n" + YAML);
    assertNull(old.policy());
    Problem problem = old.problems().get(0);
    assertEquals("version", problem.path());
    assertEquals(1, problem.line());
    assertTrue(problem.text().contains("made from version 3"), problem.text());
    assertTrue(problem.text().contains("in force is 4 of lee"), problem.text());
    assertNotNull(draft("version: 4\n" + YAML).policy());
  }

  @Test
  void whatFreezeStoppedIsNotLetTrainByAnEdit() {
    versions.add(0, "*", draft(YAML).policy());
    Policy frozen = Freezing.freeze(versions, null, "kim", "smoke", 5).get(0);
    versions.add(1, "*", frozen);
    assertEquals("frozen", draft(YAML).problems().get(0).path());
    assertEquals(List.of(), draft(YAML.replace("frozen: false", "frozen: true")).problems());
    versions.add(2, "*", Freezing.thaw(versions, null, "kim", 6).get(0));
    assertEquals(List.of(), draft(YAML).problems());
  }

  @Test
  void ofTwoWhoStoreTheSameVersionTheSecondIsTold() {
    Policy mine = draft(YAML).policy();
    versions.add(3, "*", Policy.newBuilder(mine).setAuthor("lee").setComment("mine").build());
    versions.add(4, "*", mine);
    assertTrue(versions.cameFirst(3, mine).isEmpty());
    assertTrue(versions.cameFirst(4, mine).orElseThrow().contains("from lee: 'mine'"));
    assertEquals("lee", versions.inForce("press").getAuthor());
    versions.add(4, "*", Policy.newBuilder(mine).setVersion(9).build());
    assertEquals(1, versions.inForce("*").getVersion(), "a record that came before counts once");
  }

  @Test
  void aCohortWithoutItsOwnPolicyBeginsAtVersionOne() {
    Policy base = versions.base("press");
    assertEquals("press", base.getCohort());
    assertEquals(List.of(), draft(PolicyText.yaml(base)).problems());
    assertEquals(1, draft(PolicyText.yaml(base)).policy().getVersion());
  }
}

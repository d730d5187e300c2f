package io.fqtfleet.programs.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fqtfleet.programs.operations.TopicPlan.Actual;
import io.fqtfleet.programs.operations.TopicPlan.Difference;
import io.fqtfleet.programs.operations.TopicPlan.Remedy;
import io.fqtfleet.schemas.Topics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TopicPlanTest {
  private static final List<Topics.Spec> WANTED = Topics.kafka(8, 4);

  private static Map<String, Actual> asWanted() {
    Map<String, Actual> found = new HashMap<>();
    WANTED.forEach(s -> found.put(s.name(), new Actual(s.partitions(), s.settings())));
    return found;
  }

  @Test
  void topicsAsTheyShouldBeDifferInNothing() {
    assertEquals(List.of(), TopicPlan.differences(WANTED, asWanted()));
  }

  @Test
  void settingsBeyondOursAreTheOperatorsOwn() {
    Map<String, Actual> found = asWanted();
    found.computeIfPresent(
        Topics.REPORTS,
        (name, actual) -> {
          Map<String, String> more = new HashMap<>(actual.settings());
          more.put("compression.type", "zstd");
          return new Actual(actual.partitions(), more);
        });
    assertEquals(List.of(), TopicPlan.differences(WANTED, found));
  }

  @Test
  void everyDifferenceSaysWhatAndWhoMendsIt() {
    Map<String, Actual> found = asWanted();
    found.remove(Topics.FEEDBACK);
    found.put(Topics.STATUS, new Actual(8, Map.of("cleanup.policy", "delete")));
    found.put(Topics.ACKS, new Actual(3, found.get(Topics.REPORTS).settings()));
    List<Difference> differences = TopicPlan.differences(WANTED, found);
    assertEquals(
        List.of("fqt.acks.v1 PERSON", "fqt.feedback.v1 CREATE", "fqt.status.v1 SET"),
        differences.stream().map(d -> d.topic() + " " + d.remedy()).sorted().toList());
    assertEquals(
        "fqt.status.v1: cleanup.policy is delete, should be compact",
        differences.stream()
            .filter(d -> d.remedy() == Remedy.SET)
            .findFirst()
            .orElseThrow()
            .words());
  }
}

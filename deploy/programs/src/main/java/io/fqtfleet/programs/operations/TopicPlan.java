package io.fqtfleet.programs.operations;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fqtfleet.schemas.Topics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the topics should be against what they are. Pure. */
final class TopicPlan {
  /** A topic as Kafka has it. */
  record Actual(int partitions, Map<String, String> settings) {}

  /** What must be done about a difference. */
  enum Remedy {
    CREATE,
    SET,
    /** More partitions would move keys, so only a person may decide. */
    PERSON
  }

  /**
   * @param setting empty = the topic itself, "partitions", or a setting's name
   */
  record Difference(String topic, String setting, String wanted, String found, Remedy remedy) {
    ObjectNode json() {
      return JsonNodeFactory.instance
          .objectNode()
          .put("topic", topic)
          .put("setting", setting)
          .put("wanted", wanted)
          .put("found", found)
          .put("remedy", remedy.name());
    }

    String words() {
      return switch (remedy) {
        case CREATE -> "%s is missing".formatted(topic);
        case SET -> "%s: %s is %s, should be %s".formatted(topic, setting, found, wanted);
        case PERSON ->
            ("%s: has %s partitions, should have %s; Kafka can only add some, which moves keys:"
                    + " stop gateway and streams and recreate it, or keep it and give --partitions")
                .formatted(topic, found, wanted);
      };
    }
  }

  private TopicPlan() {}

  static List<Difference> differences(List<Topics.Spec> wanted, Map<String, Actual> found) {
    List<Difference> differences = new ArrayList<>();
    for (Topics.Spec spec : wanted) {
      Actual actual = found.get(spec.name());
      if (actual == null) {
        differences.add(new Difference(spec.name(), "", "", "", Remedy.CREATE));
        continue;
      }
      if (actual.partitions != spec.partitions()) {
        differences.add(
            new Difference(
                spec.name(),
                "partitions",
                Integer.toString(spec.partitions()),
                Integer.toString(actual.partitions),
                Remedy.PERSON));
      }
      new TreeMap<>(spec.settings())
          .forEach(
              (name, value) -> {
                String is = actual.settings.getOrDefault(name, "not set");
                if (!is.equals(value)) {
                  differences.add(new Difference(spec.name(), name, value, is, Remedy.SET));
                }
              });
    }
    return differences;
  }
}

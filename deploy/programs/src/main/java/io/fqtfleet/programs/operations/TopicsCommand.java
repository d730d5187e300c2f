package io.fqtfleet.programs.operations;

import io.fqtfleet.programs.Listing;
import io.fqtfleet.programs.operations.TopicPlan.Difference;
import io.fqtfleet.schemas.Topics;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fleet topics}: Kafka's topics as they should be. */
@Command(name = "topics", description = "Kafka's topics: partitions, retention, compaction")
public final class TopicsCommand {
  private static final int DIFFERENT = 1;
  private static final int PARTITIONS_DEFAULT = 8;

  @Spec private CommandSpec spec;

  /** What both verbs take. */
  static final class Wanted {
    @Option(
        names = "--kafka",
        paramLabel = "SERVERS",
        defaultValue = "localhost:9092",
        description = "default: ${DEFAULT-VALUE}")
    private String kafka;

    @Option(
        names = "--partitions",
        paramLabel = "N",
        description = "of every keyed topic; default: as the reports' topic has, or 8")
    private Integer partitions;

    @Option(
        names = "--sessions",
        paramLabel = "N",
        description = "the gateway's MQTT sessions; without it the gateway's topic is left alone")
    private Integer sessions;

    @Option(
        names = "--replication",
        paramLabel = "N",
        description = "of topics that are created; default: as the brokers are set")
    private Short replication;
  }

  @Command(
      name = "diff",
      description = "what differs from what should be; exit code 1 if anything does")
  int diff(@Mixin Wanted wanted, @Mixin Listing listing) {
    PrintWriter out = spec.commandLine().getOut();
    try (KafkaView kafka = new KafkaView(wanted.kafka)) {
      List<Topics.Spec> specs = specs(kafka, wanted.partitions, wanted.sessions);
      List<Difference> differences = TopicPlan.differences(specs, kafka.topics(specs));
      if (!listing.isTable()) {
        differences.forEach(d -> listing.print(out, d.json()));
        return differences.isEmpty() ? 0 : DIFFERENT;
      }
      differences.forEach(d -> out.println(d.words()));
      out.println(
          differences.isEmpty()
              ? specs.size() + " topics are as they should be"
              : differences.size() + " differences; 'topics apply' mends what it may");
      out.flush();
      return differences.isEmpty() ? 0 : DIFFERENT;
    }
  }

  @Command(
      name = "apply",
      description =
          "creates missing topics and sets their settings; exit code 1 if a person must do the"
              + " rest")
  int apply(@Mixin Wanted wanted) {
    PrintWriter out = spec.commandLine().getOut();
    try (KafkaView kafka = new KafkaView(wanted.kafka)) {
      List<Topics.Spec> specs = specs(kafka, wanted.partitions, wanted.sessions);
      List<Difference> left = new ArrayList<>();
      for (Difference d : TopicPlan.differences(specs, kafka.topics(specs))) {
        switch (d.remedy()) {
          case CREATE -> {
            Topics.Spec topic =
                specs.stream().filter(s -> s.name().equals(d.topic())).findFirst().orElseThrow();
            kafka.create(topic, wanted.replication);
            out.printf("%s: created, %d partitions%n", d.topic(), topic.partitions());
          }
          case SET -> {
            kafka.set(d.topic(), d.setting(), d.wanted());
            out.printf("%s: %s set to %s%n", d.topic(), d.setting(), d.wanted());
          }
          default -> left.add(d);
        }
      }
      left.forEach(d -> out.println(d.words()));
      out.println(
          left.isEmpty() ? specs.size() + " topics are as they should be" : "a person must decide");
      out.flush();
      return left.isEmpty() ? 0 : DIFFERENT;
    }
  }

  /** What should be, given how the fleet was once set up. */
  static List<Topics.Spec> specs(KafkaView kafka, Integer partitions, Integer sessions) {
    List<Topics.Spec> all = Topics.kafka(PARTITIONS_DEFAULT, 1);
    Map<String, TopicPlan.Actual> there = kafka.topics(all);
    TopicPlan.Actual reports = there.get(Topics.REPORTS);
    int keyed =
        partitions != null
            ? partitions
            : reports == null ? PARTITIONS_DEFAULT : reports.partitions();
    List<Topics.Spec> specs = new ArrayList<>(Topics.kafka(keyed, sessions == null ? 1 : sessions));
    if (sessions == null) {
      specs.removeIf(s -> s.name().equals(Topics.SESSIONS));
    }
    return specs;
  }
}

package io.fqtfleet.programs.operations;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fqtfleet.programs.Listing;
import io.fqtfleet.schemas.Contract;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Spec;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code fleet doctor}: looks at a whole deployment and says what to do. */
@Command(
    name = "doctor",
    description =
        "checks a deployment end to end and says what to do; exit code 1 if anything FAILs")
public final class DoctorCommand implements java.util.concurrent.Callable<Integer> {
  /** A round's grace is a second or so; more than this and rounds close without their reports. */
  private static final Duration SKEW_MAX = Duration.ofSeconds(5);

  private static final Duration HTTP_TIMEOUT = Duration.ofSeconds(5);
  private static final String CONTAINERS = "deploy/fleet up starts it in containers";

  @picocli.CommandLine.Spec private CommandSpec spec;

  @Option(
      names = "--kafka",
      paramLabel = "SERVERS",
      defaultValue = "localhost:9092",
      description = "default: ${DEFAULT-VALUE}")
  private String kafka;

  @Option(
      names = "--gateway",
      paramLabel = "HOST:PORT",
      defaultValue = "localhost:9464",
      description = "its health and metrics (${DEFAULT-VALUE})")
  private String gateway;

  @Option(
      names = "--streams",
      paramLabel = "HOST:PORT",
      defaultValue = "localhost:9102",
      description = "its health and metrics (${DEFAULT-VALUE})")
  private String streams;

  @Option(
      names = "--mqtt",
      paramLabel = "HOST:PORT",
      description =
          "also send a report of the device 'fqt-doctor' through MQTT broker and gateway; it"
              + " belongs to no cohort, so nothing is decided on it")
  private String mqtt;

  @Mixin private Listing listing;

  private boolean failed;

  @Override
  public Integer call() throws InterruptedException {
    boolean kafkaIsThere = kafka();
    service("gateway", gateway);
    service("streams", streams);
    if (mqtt == null) {
      say("skip", "loop-back", "give --mqtt HOST:PORT to send a report through broker and gateway");
    } else if (!kafkaIsThere) {
      say("skip", "loop-back", "there is no Kafka to look for the report in");
    } else {
      loopBack();
    }
    PrintWriter out = spec.commandLine().getOut();
    if (listing.isTable()) {
      out.println(
          failed ? "something must be done; see FAIL above" : "all that was checked is well");
      out.flush();
    }
    return failed ? 1 : 0;
  }

  private boolean kafka() {
    try (KafkaView view = new KafkaView(kafka)) {
      int brokers = view.brokers();
      say(
          "ok",
          "kafka",
          "%d broker%s at %s, %s"
              .formatted(brokers, brokers == 1 ? "" : "s", kafka, view.version()));
      List<Spec> specs = TopicsCommand.specs(view, null, null);
      Map<String, TopicPlan.Actual> there = view.topics(specs);
      List<TopicPlan.Difference> differences = TopicPlan.differences(specs, there);
      differences.forEach(
          d ->
              say(
                  "FAIL",
                  "topics",
                  d.words()
                      + (d.remedy() == TopicPlan.Remedy.PERSON
                          ? ""
                          : "; 'topics apply --kafka " + kafka + "' mends it")));
      if (differences.isEmpty()) {
        say("ok", "topics", "%d as they should be".formatted(specs.size()));
      }
      List<String> behind = view.underReplicated(new TreeSet<>(there.keySet()));
      if (behind.isEmpty()) {
        say("ok", "replicas", "all in sync");
      } else {
        say("FAIL", "replicas", "not in sync: " + behind + "; is a broker down?");
      }
      return true;
    } catch (IllegalStateException e) {
      say("FAIL", "kafka", e.getMessage() + ", or " + CONTAINERS);
      return false;
    }
  }

  private void service(String name, String address) throws InterruptedException {
    try {
      HttpResponse<String> ready = get(address, "/readyz");
      String said = ready.body().strip().replace("\n", "; ");
      say(ready.statusCode() == 200 ? "ok" : "FAIL", name, "at " + address + ": " + said);
      clock(name, ready);
      ServiceMetrics metrics = new ServiceMetrics(get(address, "/metrics").body());
      version(name, metrics);
      if (name.equals("streams")) {
        lag(metrics);
      } else {
        queueLimits(metrics);
      }
    } catch (IOException | IllegalArgumentException e) {
      say(
          "FAIL",
          name,
          "nothing answers at %s; start it, or correct --%s (%s)"
              .formatted(address, name, CONTAINERS));
    }
  }

  private static HttpResponse<String> get(String address, String path)
      throws IOException, InterruptedException {
    return HttpClient.newBuilder()
        .connectTimeout(HTTP_TIMEOUT)
        .build()
        .send(
            HttpRequest.newBuilder(URI.create("http://" + address + path))
                .timeout(HTTP_TIMEOUT)
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  /** By the HTTP date, which has whole seconds. */
  private void clock(String name, HttpResponse<String> answer) {
    answer
        .headers()
        .firstValue("Date")
        .ifPresent(
            date -> {
              Instant there =
                  ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
              Duration skew = Duration.between(Instant.now(), there).abs();
              if (skew.compareTo(SKEW_MAX) > 0) {
                say(
                    "FAIL",
                    "clock",
                    "that of %s is %d s off this machine's; run NTP on both"
                        .formatted(name, skew.toSeconds()));
              } else {
                say("ok", "clock", name + " and this machine agree to 5 s");
              }
            });
  }

  private void version(String name, ServiceMetrics metrics) {
    Map<String, String> build = metrics.labels("fqt_" + name + "_build");
    String contract = build.getOrDefault("contract", "of before 0.1");
    if (!contract.equals(Contract.fingerprint())) {
      say(
          "FAIL",
          "version",
          "%s writes messages of contract %s, this command knows %s; deploy the same build of both"
              .formatted(name, contract, Contract.fingerprint()));
    } else {
      say(
          "ok",
          "version",
          "%s %s on Java %s writes the messages that this command (%s) knows"
              .formatted(name, build.get("version"), build.get("java"), Contract.version()));
    }
  }

  /** What can be seen of them from outside: whether one was reached. */
  private void queueLimits(ServiceMetrics metrics) {
    OptionalDouble dropped = metrics.value("fqt_gateway_broker_dropped_messages");
    if (dropped.isEmpty()) {
      say(
          "note",
          "queue limits",
          "the MQTT broker does not tell what it drops ($SYS); 'gateway --config FILE"
              + " --check-config' asks it for its limits");
    } else if (dropped.getAsDouble() > 0) {
      say(
          "FAIL",
          "queue limits",
          String.format(
              Locale.ROOT,
              "the MQTT broker dropped %.0f messages since its start; raise max_queued_messages and"
                  + " max_queued_bytes (deploy/config/mosquitto.conf), and see which client stays"
                  + " away",
              dropped.getAsDouble()));
    } else {
      say("ok", "queue limits", "the MQTT broker has dropped nothing since its start");
    }
  }

  private void lag(ServiceMetrics metrics) {
    double lag = metrics.value("fqt_streams_records_lag_max").orElse(0);
    boolean behind = lag > LoopBack.LAG_NOTED;
    say(
        behind ? "note" : "ok",
        "streams",
        String.format(Locale.ROOT, "%.0f records behind in its slowest partition", lag)
            + (behind ? "; more instances or threads share the work" : ""));
  }

  private void loopBack() throws InterruptedException {
    int colon = mqtt.lastIndexOf(':');
    if (colon < 1 || !mqtt.substring(colon + 1).matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException("--mqtt '" + mqtt + "' is no HOST:PORT");
    }
    InetSocketAddress broker =
        new InetSocketAddress(
            mqtt.substring(0, colon), Integer.parseInt(mqtt.substring(colon + 1)));
    LoopBack.Outcome outcome = new LoopBack(kafka, broker).run();
    if (outcome.acknowledged() && outcome.arrived()) {
      say("ok", "loop-back", "a report was in Kafka after " + outcome.tookMs() + " ms");
      long skewMs = Math.abs(outcome.gatewayAheadMs());
      say(
          skewMs > SKEW_MAX.toMillis() ? "FAIL" : "ok",
          "clock",
          "the gateway stamped it (%s) within %d ms of this machine's clock"
              .formatted(Headers.RECEIVED_AT, skewMs));
    } else if (outcome.acknowledged()) {
      say(
          "FAIL",
          "loop-back",
          "the MQTT broker took the report, but it did not reach %s within %d s; is the gateway"
                  .formatted(Topics.REPORTS, LoopBack.TIMEOUT.toSeconds())
              + " connected to this broker and this Kafka?");
    } else {
      say(
          "FAIL",
          "loop-back",
          "the MQTT broker at %s took nothing within %d s; is it there, and open to this machine?"
              .formatted(mqtt, LoopBack.TIMEOUT.toSeconds()));
    }
  }

  private void say(String level, String what, String words) {
    failed |= level.equals("FAIL");
    PrintWriter out = spec.commandLine().getOut();
    if (listing.isTable()) {
      out.printf("%-4s  %s: %s%n", level, what, words);
      out.flush();
    } else {
      listing.print(
          out,
          JsonNodeFactory.instance
              .objectNode()
              .put("level", level)
              .put("what", what)
              .put("words", words));
    }
  }
}

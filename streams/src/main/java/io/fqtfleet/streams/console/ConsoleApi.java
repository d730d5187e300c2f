package io.fqtfleet.streams.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.streams.alerting.FeedbackDesk;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;

/** What the page can ask and order, as JSON. Knows nothing of HTTP but paths and parameters. */
final class ConsoleApi {
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  private static final WireCodec<DeviceStatus> STATUS = WireCodec.of(DeviceStatus.class);
  private static final WireCodec<BudgetAck> ACKS = WireCodec.of(BudgetAck.class);
  private static final WireCodec<Decision> DECISIONS = WireCodec.of(Decision.class);
  private static final int COHORTS_MAX = 48;
  private static final int SMALL_POINTS = 90;
  private static final int REPORTS_SHOWN = 60;
  private static final int DECISIONS_SHOWN = 20;
  private static final int HISTORY_SHOWN = 200;

  private final FleetMemory memory;
  private final DeviceLookup devices;
  private final TopicTail tail;
  private final OperatorWrites writes;
  private final PolicyDesk policies;

  ConsoleApi(FleetMemory memory, DeviceLookup devices, TopicTail tail, OperatorWrites writes) {
    this.memory = memory;
    this.devices = devices;
    this.tail = tail;
    this.writes = writes;
    this.policies = new PolicyDesk(memory, writes);
  }

  /**
   * A question.
   *
   * @param path what comes after /api/, in parts
   * @param whole path and query, as another instance is asked
   * @param parameter by name; null = not given
   * @param forwarded another instance asks
   */
  record Ask(
      List<String> path, String whole, Function<String, String> parameter, boolean forwarded) {
    String text(String name) {
      String value = parameter.apply(name);
      return value == null ? "" : value;
    }

    int number(String name, int fallback, int min, int max) throws ApiException {
      String value = text(name);
      try {
        int number = value.isEmpty() ? fallback : Integer.parseInt(value);
        if (number >= min && number <= max) {
          return number;
        }
      } catch (NumberFormatException e) {
        // Falls through to the one message for all that is no such number.
      }
      throw new ApiException(
          ApiException.BAD_REQUEST, name, "'%s' is not in %d..%d".formatted(value, min, max));
    }

    String route() {
      return path.isEmpty() ? "" : path.get(0) + (path.size() > 1 ? "/" + path.size() : "");
    }
  }

  JsonNode get(Ask ask) throws ApiException {
    List<String> path = ask.path;
    return switch (ask.route()) {
      case "fleet" -> fleet();
      case "cohorts" -> cohorts(ask);
      case "cohorts/2" -> cohort(path.get(1));
      case "alerts" -> alerts(ask);
      case "alerts/2" -> alert(path.get(1));
      case "devices" ->
          devices.page(
              ask.text("cohort"),
              ask.text("after"),
              ask.number("size", 50, 1, DeviceLookup.PAGE_MAX),
              only(ask.text("only")),
              ask.whole,
              ask.forwarded);
      case "devices/2" -> device(path.get(1));
      case "intake/2" -> devices.intake(checked(path.get(1)), ask.forwarded);
      case "cards/3" -> devices.card(path.get(1), checked(path.get(2)), ask.forwarded);
      case "rollouts" -> rollouts();
      case "policies" -> policies.list();
      case "policies/3" ->
          path.get(2).equals("draft")
              ? policies.draft(path.get(1), ask.text("version"))
              : policies.version(path.get(1), path.get(2));
      case "dead-letters" -> deadLetters();
      default -> throw new ApiException(ApiException.NOT_FOUND, "there is nothing at " + ask.whole);
    };
  }

  /** An order of an operator. */
  JsonNode post(Ask ask, JsonNode body, String author, long nowMs) throws ApiException {
    String cohort = body.path("cohort").asText("");
    String comment = body.path("comment").asText("").strip();
    if (ask.path.equals(List.of("policies", "check"))) {
      return policies.check(body.path("yaml").asText(""), author, nowMs);
    }
    String said =
        switch (ask.route()) {
          case "policies" -> policies.apply(body.path("yaml").asText(""), author, comment, nowMs);
          case "freeze" ->
              changed(
                  writes.freeze(
                      cohort.isEmpty() ? null : cohort,
                      author,
                      comment.isEmpty() ? "at the console" : comment,
                      nowMs),
                  "frozen");
          case "thaw" ->
              changed(writes.thaw(cohort.isEmpty() ? null : cohort, author, nowMs), "thawed");
          case "rollouts/2" ->
              writes.rollout(
                  ask.path.get(1),
                  body.path("rollout").asText(""),
                  body.path("action").asText(""),
                  author,
                  comment,
                  nowMs);
          case "alerts/3" -> alertOrder(ask, body, author, comment, nowMs);
          default ->
              throw new ApiException(
                  ApiException.NOT_FOUND, "nothing can be ordered at " + ask.whole);
        };
    return Views.JSON.createObjectNode().put("said", said);
  }

  private String alertOrder(Ask ask, JsonNode body, String author, String comment, long nowMs)
      throws ApiException {
    String id = ask.path.get(1);
    return switch (ask.path.get(2)) {
      case "feedback" ->
          writes.feedback(id, body.path("verdict").asText(""), author, comment, nowMs);
      case "silence" -> {
        if (comment.isEmpty()) {
          throw new ApiException(
              ApiException.BAD_REQUEST, "comment", "say why; it is kept with the silence");
        }
        yield writes.silence(id, body.path("hours").asLong(0), comment, author, nowMs);
      }
      default ->
          throw new ApiException(ApiException.NOT_FOUND, "nothing can be ordered at " + ask.whole);
    };
  }

  private static String changed(List<String> policies, String what) {
    return policies.isEmpty()
        ? "nothing changed: no policy concerned was to be " + what
        : what + ": " + String.join(", ", policies) + "; it holds from the next round on";
  }

  private ObjectNode fleet() {
    ObjectNode node = Views.JSON.createObjectNode();
    long[] sums = new long[5];
    double[] energy = new double[1];
    memory.cohorts(
        "",
        c -> {
          sums[0]++;
          sums[1] += c.last().getDevicesKnown();
          sums[2] += c.last().getDevicesOnline();
          sums[3] += c.last().getDevicesTraining();
          sums[4] += c.last().getReportsLost();
          energy[0] += c.last().getEnergyMicroJoule() / 1e3;
          return c;
        });
    node.put("cohorts", sums[0]);
    node.put("known", sums[1]);
    node.put("online", sums[2]);
    node.put("training", sums[3]);
    node.put("reportsLost", sums[4]);
    node.put("milliJoulePerRound", energy[0]);
    node.put("openAlerts", memory.alerts().stream().filter(FeedbackDesk::isOpen).count());
    List<Policy> inForce = memory.policies(v -> List.copyOf(v.newest().values()));
    node.put("frozen", inForce.stream().filter(Policy::getFrozen).count());
    node.put("caughtUp", memory.caughtUp());
    node.put("problem", memory.problem());
    return node;
  }

  private ObjectNode cohorts(Ask ask) throws ApiException {
    int size = ask.number("size", 24, 1, COHORTS_MAX);
    int page = ask.number("page", 0, 0, 1_000_000);
    // Only the shown ones are made into JSON: there may be thousands.
    List<String> names = memory.cohorts(ask.text("q"), c -> c.last().getCohort());
    ObjectNode node = Views.JSON.createObjectNode();
    node.put("total", names.size());
    node.put("caughtUp", memory.caughtUp());
    ArrayNode shown = node.putArray("cohorts");
    names.stream()
        .skip((long) page * size)
        .limit(size)
        .forEach(name -> memory.cohort(name, c -> both(c, SMALL_POINTS)).ifPresent(shown::add));
    return node;
  }

  private static ObjectNode both(CohortHistory cohort, int points) {
    ObjectNode node = cohort.summary();
    node.set("series", cohort.series(points));
    return node;
  }

  private ObjectNode cohort(String name) throws ApiException {
    ObjectNode node =
        memory
            .cohort(name, c -> both(c, Integer.MAX_VALUE))
            .orElseThrow(
                () ->
                    new ApiException(
                        ApiException.NOT_FOUND,
                        "no cohort '%s' has closed a round yet".formatted(name)));
    ArrayNode alerts = node.putArray("alerts");
    memory.alerts().stream()
        .filter(a -> a.getCohort().equals(name))
        .limit(HISTORY_SHOWN)
        .forEach(a -> alerts.add(Views.alert(a)));
    return node;
  }

  private ObjectNode alerts(Ask ask) throws ApiException {
    int size = ask.number("size", 50, 1, 200);
    int page = ask.number("page", 0, 0, 1_000_000);
    boolean onlyOpen = ask.text("only").equals("open");
    List<Alert> all =
        memory.alerts().stream().filter(a -> !onlyOpen || FeedbackDesk.isOpen(a)).toList();
    ObjectNode node = Views.JSON.createObjectNode();
    node.put("total", all.size());
    ArrayNode shown = node.putArray("alerts");
    all.stream().skip((long) page * size).limit(size).forEach(a -> shown.add(Views.alert(a)));
    return node;
  }

  private ObjectNode alert(String id) throws ApiException {
    Alert alert =
        memory
            .alert(id)
            .orElseThrow(
                () -> new ApiException(ApiException.NOT_FOUND, "there is no alert '" + id + "'"));
    ObjectNode node = Views.alert(alert);
    memory
        .cohort(alert.getCohort(), c -> c.series(Integer.MAX_VALUE))
        .ifPresent(series -> node.set("series", series));
    return node;
  }

  private static DeviceLookup.Only only(String text) throws ApiException {
    try {
      return text.isEmpty()
          ? DeviceLookup.Only.ALL
          : DeviceLookup.Only.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new ApiException(
          ApiException.BAD_REQUEST, "only", "'" + text + "' is none of all, offline, trouble");
    }
  }

  private static String checked(String device) throws ApiException {
    if (!Topics.DEVICE_ID.matcher(device).matches()) {
      throw DeviceLookup.unknown(device);
    }
    return device;
  }

  private ObjectNode device(String device) throws ApiException {
    JsonNode intake = devices.intake(checked(device), false);
    ObjectNode node = Views.JSON.createObjectNode();
    node.put("device", device);
    node.set("intake", intake);
    String cohort = intake.path("cohort").asText();
    if (!cohort.isEmpty()) {
      node.set("card", devices.card(cohort, device, false));
    }
    node.set("status", records(Topics.STATUS, device, STATUS, 1).path(0));
    node.set("ack", records(Topics.ACKS, device, ACKS, 1).path(0));
    node.set("reports", records(Topics.REPORTS, device, REPORTS, REPORTS_SHOWN));
    node.set("decisions", records(Topics.DECISIONS, device, DECISIONS, DECISIONS_SHOWN));
    return node;
  }

  private <T extends SpecificRecord> ArrayNode records(
      String topic, String device, WireCodec<T> codec, int max) throws ApiException {
    ArrayNode nodes = Views.JSON.createArrayNode();
    tail.last(topic, device, codec, max).forEach(r -> nodes.add(Views.of(r)));
    return nodes;
  }

  private ObjectNode rollouts() {
    ObjectNode node = Views.JSON.createObjectNode();
    ArrayNode all = node.putArray("rollouts");
    memory.rollouts().forEach(r -> all.add(Views.rollout(r)));
    return node;
  }

  private ObjectNode deadLetters() {
    ObjectNode node = Views.JSON.createObjectNode();
    ArrayNode letters = node.putArray("deadLetters");
    for (DeadLetter letter : memory.deadLetters()) {
      ObjectNode line = letters.addObject();
      line.put("place", letter.place());
      line.put("atMs", letter.atMs());
      line.put("key", letter.key());
      line.put("reason", letter.reason());
      line.put("source", letter.source());
      line.put("size", letter.size());
      line.put("hex", letter.hex());
      line.put("decoded", letter.decoded());
    }
    return node;
  }
}

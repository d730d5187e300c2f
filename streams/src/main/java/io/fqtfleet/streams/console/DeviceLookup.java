package io.fqtfleet.streams.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.round.DeviceView;
import io.fqtfleet.streams.state.IntakeCard;
import io.fqtfleet.streams.topology.Lane;
import io.fqtfleet.streams.topology.Names;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyQueryMetadata;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.StreamsNotStartedException;
import org.apache.kafka.streams.state.HostInfo;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/**
 * Devices, from the stores: here, or asked of the instance that has the cohort or device. An
 * instance that was asked does not ask on, so questions never go round in circles.
 */
final class DeviceLookup {
  static final int PAGE_MAX = 200;

  /** Cards looked at for one page of a filtered list; then the page ends early, with a cursor. */
  private static final int LOOKED_AT_MAX = 20_000;

  private static final char AFTER_SLASH = '/' + 1;

  /** No device's name has it. */
  private static final String SHARD_END = "~";

  private static final Duration TIMEOUT = Duration.ofSeconds(4);
  private static final WireCodec<IntakeCard> CARDS = WireCodec.of(IntakeCard.class);

  /** Marks a question of another instance. */
  static final String FORWARDED = "X-Fqt-Forwarded";

  private final Supplier<KafkaStreams> streams;
  private final Supplier<HostInfo> self;
  private final String token;
  private final Map<String, Integer> shards;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

  /**
   * @param token by which the other instances know us
   * @param shards of cohorts that are split
   */
  DeviceLookup(
      Supplier<KafkaStreams> streams,
      Supplier<HostInfo> self,
      String token,
      Map<String, Integer> shards) {
    this.streams = streams;
    this.self = self;
    this.token = token;
    this.shards = shards;
  }

  /** Which devices of a cohort are listed. */
  enum Only {
    ALL,
    OFFLINE,
    TROUBLE;

    boolean fits(DeviceView view) {
      return switch (this) {
        case ALL -> true;
        case OFFLINE -> !view.online();
        case TROUBLE -> view.standing() != Standing.STABLE || !view.alerts().isEmpty();
      };
    }
  }

  /**
   * Devices of one cohort in the order of their ids; of one that is split, shard after shard.
   *
   * @param after id that the page begins after; empty = at the first
   * @param path with query, as another instance is asked
   */
  JsonNode page(String cohort, String after, int size, Only only, String path, boolean forwarded)
      throws ApiException {
    if (!Topics.COHORT.matcher(cohort).matches()) {
      throw new ApiException(ApiException.BAD_REQUEST, "cohort", "'" + cohort + "' is no cohort");
    }
    List<Lane> lanes = Lane.of(cohort, shards.getOrDefault(cohort, 1), "").all();
    int index = lanes.size() == 1 ? 0 : shardOf(after, lanes.size());
    String key = lanes.get(index).key();
    Optional<HostInfo> elsewhere = elsewhere(Names.DEVICE_STORE, key, forwarded);
    if (elsewhere.isPresent()) {
      return ask(elsewhere.get(), path);
    }
    String mark = lanes.size() == 1 ? "" : index + SHARD_END;
    ObjectNode page = Views.JSON.createObjectNode();
    ArrayNode devices = page.putArray("devices");
    String first = after.startsWith(mark) ? after.substring(mark.length()) : after;
    String from = key + "/" + (first.isEmpty() ? "" : first + '\0');
    String next = index + 1 < lanes.size() ? index + 1 + SHARD_END : null;
    int looked = 0;
    try (KeyValueIterator<String, byte[]> range =
        store(Names.DEVICE_STORE).range(from, key + AFTER_SLASH)) {
      String last = first;
      while (range.hasNext()) {
        if (devices.size() == size || looked == LOOKED_AT_MAX) {
          next = mark + last;
          break;
        }
        var entry = range.next();
        last = entry.key.substring(key.length() + 1);
        looked++;
        DeviceView view = DeviceView.of(entry.value);
        if (only.fits(view)) {
          devices.add(line(last, cohort, view));
        }
      }
    }
    page.put("next", next);
    return page;
  }

  /** Of a split cohort a page is one shard's: the cursor begins with its number. */
  private static int shardOf(String after, int shards) throws ApiException {
    int end = after.indexOf(SHARD_END);
    if (after.isEmpty()) {
      return 0;
    }
    try {
      int shard = Integer.parseInt(after.substring(0, Math.max(0, end)));
      if (shard >= 0 && shard < shards) {
        return shard;
      }
    } catch (NumberFormatException e) {
      // Refused below, as is a number that is too large.
    }
    throw new ApiException(
        ApiException.BAD_REQUEST,
        "after",
        "'" + after + "' is not what the page before named next");
  }

  /** Where a device belongs and what the intake knows of it; asked of the device's instance. */
  JsonNode intake(String device, boolean forwarded) throws ApiException {
    Optional<HostInfo> elsewhere = elsewhere(Names.INTAKE_STORE, device, forwarded);
    if (elsewhere.isPresent()) {
      return ask(elsewhere.get(), "/api/intake/" + device);
    }
    byte[] bytes = store(Names.INTAKE_STORE).get(device);
    if (bytes == null) {
      throw unknown(device);
    }
    try {
      IntakeCard card = CARDS.decode(bytes);
      ObjectNode node = Views.JSON.createObjectNode();
      boolean own = card.getRegisteredCohort().isEmpty();
      node.put("cohort", own ? card.getStatusCohort() : card.getRegisteredCohort());
      node.put("online", card.getOnline());
      node.put("boot", card.getBoot());
      node.put("sequence", card.getSequence());
      node.put("lastReportMs", card.getSinceMs());
      return node;
    } catch (WireException e) {
      throw new IllegalStateException("we wrote the card of " + device, e);
    }
  }

  /** A device's card; asked of its cohort's instance. */
  JsonNode card(String cohort, String device, boolean forwarded) throws ApiException {
    String key = Lane.of(cohort, shards.getOrDefault(cohort, 1), device).key();
    Optional<HostInfo> elsewhere = elsewhere(Names.DEVICE_STORE, key, forwarded);
    if (elsewhere.isPresent()) {
      return ask(elsewhere.get(), "/api/cards/" + cohort + "/" + device);
    }
    byte[] bytes = store(Names.DEVICE_STORE).get(key + "/" + device);
    if (bytes == null) {
      // Known, but its cohort has not closed a round with it yet.
      return Views.JSON.createObjectNode();
    }
    DeviceView view = DeviceView.of(bytes);
    ObjectNode node = line(device, cohort, view);
    node.set("budgetRecord", view.budget() == null ? null : Views.of(view.budget()));
    ArrayNode alerts = node.putArray("alerts");
    view.alerts().forEach(a -> alerts.add(Views.alert(a)));
    return node;
  }

  static ApiException unknown(String device) {
    return new ApiException(
        ApiException.NOT_FOUND,
        "device",
        "nothing is known of a device '%s'; the page of its cohort lists those that reported"
            .formatted(device));
  }

  private static ObjectNode line(String device, String cohort, DeviceView view) {
    ObjectNode node = Views.JSON.createObjectNode();
    node.put("device", device);
    node.put("cohort", cohort);
    node.put("online", view.online());
    node.put("standing", view.standing().name());
    node.put("applied", view.appliedVersion());
    node.put("issued", view.budget() == null ? 0 : view.budget().getVersion());
    node.put("reason", view.budget() == null ? "" : view.budget().getReason().name());
    node.put("training", view.budget() != null && view.budget().getTerms().getTraining());
    node.put("refusal", view.refusal());
    CohortHistory.number(node, "errorRate", view.errorRate());
    CohortHistory.number(node, "logEvidence", view.logEvidence());
    CohortHistory.number(node, "lossShare", view.lossShare());
    node.put("silentRounds", view.silentRounds());
    node.put("alert", view.alerts().isEmpty() ? null : view.alerts().get(0).getKind().name());
    ArrayNode attributes = node.putArray("attributes");
    view.attributes().forEach(attributes::add);
    return node;
  }

  private ReadOnlyKeyValueStore<String, byte[]> store(String name) throws ApiException {
    try {
      return running()
          .store(StoreQueryParameters.fromNameAndType(name, QueryableStoreTypes.keyValueStore()));
    } catch (InvalidStateStoreException e) {
      throw moving();
    }
  }

  private KafkaStreams running() throws ApiException {
    KafkaStreams running = streams.get();
    if (running == null) {
      throw moving();
    }
    return running;
  }

  private static ApiException moving() {
    return new ApiException(
        ApiException.UNAVAILABLE,
        "the devices' state is being started or moved between instances; try again in a moment");
  }

  /** The other instance that has the key; empty = this one. */
  private Optional<HostInfo> elsewhere(String store, String key, boolean forwarded)
      throws ApiException {
    KeyQueryMetadata where;
    try {
      where = running().queryMetadataForKey(store, key, new StringSerializer());
    } catch (IllegalStateException | StreamsNotStartedException e) {
      throw moving();
    }
    if (KeyQueryMetadata.NOT_AVAILABLE.equals(where)) {
      throw moving();
    }
    HostInfo host = where.activeHost();
    if (host.equals(self.get())) {
      return Optional.empty();
    }
    if (forwarded || HostInfo.unavailable().equals(host)) {
      throw moving();
    }
    return Optional.of(host);
  }

  private JsonNode ask(HostInfo host, String path) throws ApiException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + host.host() + ":" + host.port() + path))
            .timeout(TIMEOUT)
            .header("Authorization", "Bearer " + token)
            .header(FORWARDED, "1")
            .build();
    try {
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      JsonNode body = Views.JSON.readTree(answer.body());
      if (answer.statusCode() != 200) {
        throw new ApiException(answer.statusCode(), body.path("problem").asText("no reason given"));
      }
      return body;
    } catch (IOException e) {
      throw new ApiException(
          ApiException.UNAVAILABLE,
          "the instance at %s:%d, which has this cohort, does not answer; try again in a moment"
              .formatted(host.host(), host.port()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw moving();
    }
  }
}

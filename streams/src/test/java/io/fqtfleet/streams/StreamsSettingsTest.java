package io.fqtfleet.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.StrictYaml;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class StreamsSettingsTest {
  private static StreamsSettings parse(String text) {
    return StrictYaml.parse("test.yaml", text, StreamsSettings.class);
  }

  @Test
  void everyKeyIsReadWithAValueThatIsNotItsDefault() {
    StreamsSettings settings =
        parse(
            """
            kafka:
              bootstrapServers: k:9
              partitions: 3
              replicationFactor: 2
              client: {security.protocol: SSL}
            application:
              id: other
              stateDirectory: /tmp/x
              threads: 4
              commitInterval: 1s
              standbys: 1
              rocksDbMegabytes: 64
            detection: {fleetDevices: 42, maxClockSkew: 5s, shards: 'press-a=8'}
            ops: {host: 0.0.0.0, port: 1}
            alertmanager: {url: 'https://a:9093/x', resolveTimeout: 1m, requestTimeout: 2s}
            console:
              readToken: only-to-look-at-it
              operatorToken: to-change-things-too
              session: 1h
              advertised: streams-1:9102
              proxy:
                userHeader: X-User
                groupsHeader: X-Groups
                readerGroup: staff
                operatorGroup: night-shift
                addresses: [10.0.0.7]
                secret: between-the-two-of-us
            """);
    assertEquals(
        new StreamsSettings(
            new StreamsSettings.Kafka("k:9", 3, 2, Map.of("security.protocol", "SSL")),
            new StreamsSettings.Application("other", "/tmp/x", 4, Duration.ofSeconds(1), 1, 64),
            new StreamsSettings.Detection(42L, Duration.ofSeconds(5), "press-a=8"),
            new StreamsSettings.Ops("0.0.0.0", 1),
            new StreamsSettings.AlertmanagerPush(
                "https://a:9093/x", Duration.ofMinutes(1), Duration.ofSeconds(2)),
            new StreamsSettings.Console(
                "only-to-look-at-it",
                "to-change-things-too",
                Duration.ofHours(1),
                "streams-1:9102",
                new StreamsSettings.ProxyLogin(
                    "X-User",
                    "X-Groups",
                    "staff",
                    "night-shift",
                    List.of("10.0.0.7"),
                    "between-the-two-of-us"))),
        settings);
  }

  @Test
  void defaultsAreFilledIn() {
    StreamsSettings settings = parse("kafka: {bootstrapServers: 'k:9'}");
    assertEquals(8, settings.kafka().partitions());
    assertEquals("fqt-streams", settings.application().id());
    assertEquals(100, settings.application().commitInterval().toMillis());
    assertEquals("127.0.0.1", settings.ops().host());
  }

  @Test
  void allProblemsAreListedAtOnce() {
    ConfigException e =
        assertThrows(
            ConfigException.class,
            () ->
                parse(
                    """
                    kafka: {bootstrapServers: 'k:9', partitions: 0, client: {acks: '0'}}
                    application: {id: Not OK, thread: 2}
                    ops: {port: 70000}
                    alertmanager: {url: 'a:9093', resolveTimeout: 10ms}
                    """));
    for (String part :
        new String[] {
          "partitions: 0 is not in 1..1000",
          "client.acks: is set by the service itself",
          "did you mean 'threads'",
          "port: 70000",
          "url: 'a:9093' is no http(s)://host:port",
          "resolveTimeout: 10ms is not in 1s..24h"
        }) {
      assertTrue(e.getMessage().contains(part), part + " in " + e.getMessage());
    }
  }

  @Test
  void aProxyThatAnybodyCouldPretendToBeIsRefused() {
    for (String open : new String[] {"{operatorGroup: ops}", "{addresses: [proxy.local]}"}) {
      ConfigException e =
          assertThrows(
              ConfigException.class,
              () ->
                  parse(
                      "kafka: {bootstrapServers: 'k:9'}\nconsole: {readToken: only-to-look-at-it,"
                          + " proxy: "
                          + open
                          + "}"));
      assertTrue(e.getMessage().contains("console.proxy"), e.getMessage());
    }
    ConfigException alone =
        assertThrows(
            ConfigException.class,
            () ->
                parse(
                    "kafka: {bootstrapServers: 'k:9'}\n"
                        + "console: {proxy: {operatorGroup: ops, addresses: [10.0.0.7]}}"));
    assertTrue(alone.getMessage().contains("needs a readToken"), alone.getMessage());
  }

  @Test
  void theReadmeListsEveryKeyAndNoOther() throws IOException {
    TreeSet<String> keys = new TreeSet<>();
    collect("", StreamsSettings.class, keys);
    TreeSet<String> documented = new TreeSet<>();
    Matcher row =
        Pattern.compile(
                "^\\| `((?:kafka|application|detection|ops|alertmanager|console)(?:\\.\\w+)+)` \\|",
                Pattern.MULTILINE)
            .matcher(Files.readString(Path.of("README.md")));
    while (row.find()) {
      documented.add(row.group(1));
    }
    assertEquals(keys, documented);
  }

  private static void collect(String path, Class<?> type, TreeSet<String> keys) {
    for (RecordComponent component : type.getRecordComponents()) {
      if (component.getType().isRecord()) {
        collect(path + component.getName() + ".", component.getType(), keys);
      } else {
        keys.add(path + component.getName());
      }
    }
  }

  @Test
  void whatClientsAreGivenIsNotPrinted() {
    StreamsSettings settings =
        parse("kafka: {bootstrapServers: 'k:9', client: {sasl.jaas.config: geheim}}");
    String shown = EffectiveSettings.of(settings).toString();
    assertTrue(!shown.contains("geheim") && shown.contains("sasl.jaas.config"), shown);
  }

  @Test
  void exactlyOnceIsNotASetting() {
    var properties = StreamsService.properties(StreamsSettings.of("k:9", Path.of("/tmp/x"), 10));
    assertEquals("exactly_once_v2", properties.get("processing.guarantee"));
    assertEquals(true, properties.get("ensure.explicit.internal.resource.naming"));
  }
}

package io.fqtfleet.programs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fqtfleet.schemas.Contract;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.state.CohortEvent;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fleet read TOPIC}: reading along, one JSON object per record. */
@Command(
    name = "read",
    description = {
      "the records of a topic, one JSON object per line: topic, partition, offset, time, key,"
          + " value",
      "Exit codes: 0 done, 1 Kafka or the topic is not there, 2 the command line is wrong."
    })
final class ReadCommand implements Runnable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PREFIX = "fqt.";
  private static final String VERSION = ".v1";

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "TOPIC",
      description = "such as alerts, decisions, cohorts, dead-letters, or the whole name")
  private String topic;

  @Option(names = "--follow", description = "then go on with what comes, until Ctrl-C")
  private boolean follow;

  @Option(names = "--key", paramLabel = "KEY", description = "only records with it")
  private String key;

  @Option(names = "--last", paramLabel = "N", description = "only the last ones; default: all")
  private Integer last;

  @Option(
      names = "--kafka",
      paramLabel = "SERVERS",
      defaultValue = "localhost:9092",
      description = "default: ${DEFAULT-VALUE}")
  private String kafka;

  private final Map<String, WireCodec<?>> codecs = new TreeMap<>();

  @Override
  public void run() {
    String name = name(topic);
    if (last != null && last < 0) {
      throw new IllegalArgumentException("--last " + last + " is not 0 or more");
    }
    RawTopic raw = new RawTopic(kafka, name);
    Thread hook = follow ? StopOnSignal.install() : null;
    try {
      if (last != null) {
        raw.last(key, last, follow, this::isMeant, this::show);
      } else if (follow) {
        raw.follow(key, this::showMeant, () -> {});
      } else {
        raw.read(key, this::showMeant);
      }
    } finally {
      if (hook != null) {
        StopOnSignal.remove(hook);
      }
    }
  }

  /** The whole name of one of our topics. */
  static String name(String given) {
    String whole = given.startsWith(PREFIX) ? given : PREFIX + given + VERSION;
    return Topics.kafka(1, 1).stream()
        .map(Topics.Spec::name)
        .filter(whole::equals)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no topic '%s'; ours are %s"
                        .formatted(
                            given,
                            Topics.kafka(1, 1).stream()
                                .map(t -> t.name().replace(PREFIX, "").replace(VERSION, ""))
                                .toList())));
  }

  private boolean isMeant(ConsumerRecord<byte[], byte[]> record) {
    return key == null || key.equals(RawTopic.key(record));
  }

  private void showMeant(ConsumerRecord<byte[], byte[]> record) {
    if (isMeant(record)) {
      show(record);
    }
  }

  private void show(ConsumerRecord<byte[], byte[]> record) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(json(record));
    out.flush();
  }

  /** A deleted value is null; one that cannot be read is its bytes in hex, and why. */
  ObjectNode json(ConsumerRecord<byte[], byte[]> record) {
    ObjectNode line = JSON.createObjectNode();
    line.put("topic", record.topic());
    line.put("partition", record.partition());
    line.put("offset", record.offset());
    line.put("time", Instant.ofEpochMilli(record.timestamp()).toString());
    line.put("key", record.key() == null ? null : RawTopic.key(record));
    String meantFor = record.topic();
    ObjectNode headers = JSON.createObjectNode();
    for (Header header : record.headers()) {
      String text = new String(header.value(), StandardCharsets.UTF_8);
      headers.put(header.key(), text);
      meantFor = header.key().equals(Headers.SOURCE_TOPIC) ? text : meantFor;
    }
    if (!headers.isEmpty()) {
      line.set("headers", headers);
    }
    if (record.value() == null) {
      return line.putNull("value");
    }
    try {
      return line.set("value", value(meantFor, record.value()));
    } catch (WireException | JsonProcessingException e) {
      line.put("unreadable", e.getMessage());
      return line.put("bytes", HexFormat.of().formatHex(record.value()));
    }
  }

  private JsonNode value(String from, byte[] value) throws WireException, JsonProcessingException {
    WireCodec<?> codec = codecs.computeIfAbsent(from, ReadCommand::codec);
    if (codec == null) {
      throw new WireException(WireException.Reason.NOT_SINGLE_OBJECT, "its topic holds no records");
    }
    return JSON.readTree(codec.decode(value).toString());
  }

  private static WireCodec<?> codec(String from) {
    if (from.equals(Topics.EVIDENCE)) {
      return WireCodec.of(CohortEvent.class);
    }
    var type = Contract.records().get(from);
    return type == null ? null : WireCodec.of(type);
  }
}

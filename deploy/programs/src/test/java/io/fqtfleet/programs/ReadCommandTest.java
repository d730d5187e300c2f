package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Verdict;
import io.fqtfleet.schemas.WireCodec;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** One JSON object per record, whatever the record holds. */
class ReadCommandTest {
  private static final byte[] VERDICT =
      WireCodec.of(AlertFeedback.class)
          .encode(
              AlertFeedback.newBuilder()
                  .setAlertId("1a")
                  .setVerdict(Verdict.BENIGN)
                  .setAuthor("ada")
                  .setComment("said \"so\"")
                  .setGivenAtMs(5)
                  .build());

  private static String line(String topic, byte[] value, String source) {
    RecordHeaders headers = new RecordHeaders();
    if (source != null) {
      headers.add(Headers.SOURCE_TOPIC, source.getBytes(StandardCharsets.UTF_8));
      headers.add(Headers.REASON, "BAD: x".getBytes(StandardCharsets.UTF_8));
    }
    byte[] key = "1a".getBytes(StandardCharsets.UTF_8);
    return new ReadCommand()
        .json(
            new ConsumerRecord<>(
                topic,
                2,
                7,
                1_000,
                TimestampType.CREATE_TIME,
                key.length,
                value == null ? 0 : value.length,
                key,
                value,
                headers,
                Optional.empty()))
        .toString();
  }

  private static final String PLACE =
      "\"partition\":2,\"offset\":7,\"time\":\"1970-01-01T00:00:01Z\",\"key\":\"1a\",";

  @Test
  void aRecordIsShownWithItsPlaceAndAllItsFields() {
    String line = line(Topics.FEEDBACK, VERDICT, null);
    assertTrue(line.startsWith("{\"topic\":\"fqt.feedback.v1\"," + PLACE), line);
    assertTrue(line.contains("\"value\":{"), line);
    assertTrue(line.contains("\"verdict\":\"BENIGN\""), line);
    assertTrue(line.contains("\"comment\":\"said \\\"so\\\"\""), line);
    String deleted = line(Topics.FEEDBACK, null, null);
    assertEquals("{\"topic\":\"fqt.feedback.v1\"," + PLACE + "\"value\":null}", deleted);
  }

  @Test
  void aDeadLetterIsReadAsWhatItWasMeantToBe() {
    String good = line(Topics.DEAD_LETTERS, VERDICT, Topics.FEEDBACK);
    assertTrue(good.contains("\"fqt-reason\":\"BAD: x\""), good);
    assertTrue(good.contains("\"verdict\":\"BENIGN\""), good);
    String bad = line(Topics.DEAD_LETTERS, new byte[] {1, (byte) 0xfe}, Topics.FEEDBACK);
    assertTrue(bad.contains("\"unreadable\":"), bad);
    assertTrue(bad.endsWith("\"bytes\":\"01fe\"}"), bad);
    String lost = line(Topics.DEAD_LETTERS, VERDICT, "elsewhere");
    assertTrue(lost.contains("its topic holds no records"), lost);
  }

  @Test
  void aTopicMayBeNamedShortly() {
    assertEquals(Topics.DEAD_LETTERS, ReadCommand.name("dead-letters"));
    assertEquals(Topics.ALERTS, ReadCommand.name("fqt.alerts.v1"));
    var refused = assertThrows(IllegalArgumentException.class, () -> ReadCommand.name("alert"));
    assertTrue(refused.getMessage().contains("there is no topic 'alert'"), refused.getMessage());
    assertTrue(refused.getMessage().contains("rollout-commands"), refused.getMessage());
  }
}

package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.ops.Meters;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts a record that cannot be used aside, as it came, with the reason. */
final class DeadLetters {
  private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

  private final ProcessorContext<String, byte[]> context;
  private final String sink;
  private final Meters meters;

  DeadLetters(ProcessorContext<String, byte[]> context, String sink, Meters meters) {
    this.context = context;
    this.sink = sink;
    this.meters = meters;
  }

  void put(Record<String, byte[]> record, String topic, WireException reason) {
    RecordHeaders headers = new RecordHeaders(record.headers());
    headers.remove(Headers.REASON);
    headers.add(Headers.REASON, reason.asHeader().getBytes(StandardCharsets.UTF_8));
    headers.add(Headers.SOURCE_TOPIC, topic.getBytes(StandardCharsets.UTF_8));
    context.forward(record.withHeaders(headers), sink);
    meters.count("dead_letters", "reason", reason.reason().name());
    LOG.debug("topic={} key={} deadLetter={}", topic, record.key(), reason.asHeader());
  }
}

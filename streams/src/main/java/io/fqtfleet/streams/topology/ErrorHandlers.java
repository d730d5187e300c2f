package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.streams.errors.DeserializationExceptionHandler;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProcessingExceptionHandler;
import org.apache.kafka.streams.errors.ProductionExceptionHandler;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens to a record that our code cannot carry: it becomes a dead letter in the same
 * transaction and the next one is taken. The log says ERROR, because it is a bug of ours.
 */
public final class ErrorHandlers {
  private static final Logger LOG = LoggerFactory.getLogger(ErrorHandlers.class);

  private ErrorHandlers() {}

  private static List<ProducerRecord<byte[], byte[]>> deadLetter(
      String code, ErrorHandlerContext context, byte[] key, byte[] value, Exception cause) {
    LOG.error(
        "{} node={} topic={} partition={} offset={}: put into {}",
        code,
        context.processorNodeId(),
        context.topic(),
        context.partition(),
        context.offset(),
        Topics.DEAD_LETTERS,
        cause);
    ProducerRecord<byte[], byte[]> letter =
        new ProducerRecord<>(Topics.DEAD_LETTERS, null, key, value);
    String reason = code + ": " + cause;
    letter.headers().add(Headers.REASON, reason.getBytes(StandardCharsets.UTF_8));
    if (context.topic() != null) {
      letter.headers().add(Headers.SOURCE_TOPIC, context.topic().getBytes(StandardCharsets.UTF_8));
    }
    return List.of(letter);
  }

  /** Keys that are no UTF-8 text; values are read by our own code. */
  public static final class Reading implements DeserializationExceptionHandler {
    @Override
    public Response handleError(
        ErrorHandlerContext context, ConsumerRecord<byte[], byte[]> record, Exception cause) {
      return Response.resume(
          deadLetter("UNREADABLE", context, record.key(), record.value(), cause));
    }

    @Override
    public void configure(Map<String, ?> configs) {
      // Nothing to set.
    }
  }

  /** A processor threw. */
  public static final class Processing implements ProcessingExceptionHandler {
    @Override
    public Response handleError(ErrorHandlerContext context, Record<?, ?> record, Exception cause) {
      if (context.topic() == null) {
        // A punctuator, there is no record to put aside: it is tried again at its next turn.
        LOG.error("PUNCTUATION_FAILED node={}", context.processorNodeId(), cause);
        return Response.resume();
      }
      return Response.resume(
          deadLetter(
              "PROCESSING_FAILED",
              context,
              context.sourceRawKey(),
              context.sourceRawValue(),
              cause));
    }

    @Override
    public void configure(Map<String, ?> configs) {
      // Nothing to set.
    }
  }

  /** Kafka refused a result. Only one that can never be written is put aside. */
  public static final class Producing implements ProductionExceptionHandler {
    private static final int KEPT_BYTES = 1 << 10;

    @Override
    public Response handleError(
        ErrorHandlerContext context, ProducerRecord<byte[], byte[]> record, Exception cause) {
      if (!(cause instanceof RecordTooLargeException)) {
        return Response.fail();
      }
      byte[] value = record.value();
      byte[] kept = value == null ? null : java.util.Arrays.copyOf(value, KEPT_BYTES);
      return Response.resume(deadLetter("TOO_LARGE", context, record.key(), kept, cause));
    }

    @Override
    public void configure(Map<String, ?> configs) {
      // Nothing to set.
    }
  }
}

package io.fqtfleet.gateway.kafka;

import java.time.Duration;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One producer for all sessions, replaced after a failure.
 *
 * <p>A failed producer is closed at once and what it still held fails: a later message must not
 * reach Kafka when an earlier one did not. Its sessions hand their messages back to the broker and
 * begin again with the next producer.
 */
public final class SharedProducer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SharedProducer.class);
  private static final Duration FAREWELL = Duration.ofMillis(500);

  private final Supplier<Producer<String, byte[]>> factory;
  private Producer<String, byte[]> current;
  private boolean closed;
  private long failures;

  public SharedProducer(Supplier<Producer<String, byte[]>> factory) {
    this.factory = factory;
  }

  public synchronized Producer<String, byte[]> current() {
    if (closed) {
      throw new IllegalStateException("the gateway is closing");
    }
    if (current == null) {
      current = factory.get();
    }
    return current;
  }

  /** Closes the producer without waiting for what it holds; call without locks held. */
  public void failed(Producer<String, byte[]> producer, Exception cause) {
    boolean first;
    synchronized (this) {
      first = producer == current;
      if (first) {
        current = null;
        failures++;
      }
    }
    // Also when another session's failure came first: it may not have closed the producer yet, and
    // whoever returns from here may rely on nothing more being sent.
    producer.close(Duration.ZERO);
    if (first) {
      LOG.warn("Kafka did not take a record; its producer is replaced: {}", cause.toString());
    }
  }

  public synchronized long failures() {
    return failures;
  }

  @Override
  public void close() {
    Producer<String, byte[]> last;
    synchronized (this) {
      closed = true;
      last = current;
      current = null;
    }
    if (last != null) {
      last.close(FAREWELL);
    }
  }
}

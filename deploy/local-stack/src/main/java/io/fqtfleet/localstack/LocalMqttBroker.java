package io.fqtfleet.localstack;

import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.postoffice.Binding;
import org.apache.activemq.artemis.core.postoffice.PostOffice;
import org.apache.activemq.artemis.core.postoffice.impl.LocalQueueBinding;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Apache ActiveMQ Artemis in this JVM, on 127.0.0.1: MQTT 5 and 3.1.1, no login.
 *
 * <p>With its journal it keeps sessions, queues and retained messages when it is stopped or its
 * process ends; the journal isn't synced per message, so a power cut may lose the last ones.
 */
public final class LocalMqttBroker implements MqttBroker {
  private static final Logger LOG = LoggerFactory.getLogger(LocalMqttBroker.class);
  private static final int MAX_PACKET_BYTES = 1 << 20;
  private static final int THREADS = 16;
  private static final long QUEUED_IN_MEMORY_BYTES = 32L << 20;
  private static final long PROMPT_INTERVAL_MS = 20;

  private final Path directory;
  private final int port;
  private final boolean persistent;
  private EmbeddedActiveMQ broker;
  private ScheduledExecutorService prompter;

  /** With a journal, on a free port. */
  public LocalMqttBroker(Path directory) {
    this(directory, 0, true);
  }

  /**
   * @param directory of the journal; made at the first start
   * @param port to listen on; 0 = any free one, kept for the life of this object
   * @param persistent false: all is in memory and gone after {@link #stop}
   */
  public LocalMqttBroker(Path directory, int port, boolean persistent) {
    this.directory = directory.toAbsolutePath();
    this.port = LoopbackPorts.choose(port);
    this.persistent = persistent;
  }

  @Override
  public String name() {
    return "artemis";
  }

  @Override
  public synchronized void start() {
    if (broker != null) {
      return;
    }
    LoopbackPorts.requireFree(port, "the MQTT broker");
    EmbeddedActiveMQ starting = new EmbeddedActiveMQ();
    try {
      starting.setConfiguration(configuration());
      starting.start();
      if (!LoopbackPorts.accepts(port)) {
        starting.stop();
        throw new IllegalStateException(
            "the MQTT broker started but does not listen on " + uri() + "; see its log");
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("the MQTT broker did not start on " + uri(), e);
    }
    broker = starting;
    startPrompting(starting.getActiveMQServer().getPostOffice());
  }

  /**
   * Artemis 2.55 counts the unacknowledged messages of a client over all its subscriptions, but an
   * acknowledgement wakes only the subscription it belongs to. One that had to wait while others
   * used up the client's Receive Maximum would wait for ever unless a new message came for it.
   */
  private void startPrompting(PostOffice postOffice) {
    prompter =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "mqtt-prompt");
              thread.setDaemon(true);
              return thread;
            });
    prompter.scheduleWithFixedDelay(
        () -> {
          try {
            postOffice.getAllBindings().forEach(LocalMqttBroker::prompt);
          } catch (RuntimeException e) {
            // Thrown on, it would end the schedule without a word.
            LOG.warn("queues were not prompted this time", e);
          }
        },
        PROMPT_INTERVAL_MS,
        PROMPT_INTERVAL_MS,
        TimeUnit.MILLISECONDS);
  }

  private static void prompt(Binding binding) {
    if (binding instanceof LocalQueueBinding local) {
      Queue queue = local.getQueue();
      if (queue.getConsumerCount() > 0 && queue.getMessageCount() > queue.getDeliveringCount()) {
        queue.deliverAsync();
      }
    }
  }

  @Override
  public synchronized void stop() {
    if (broker == null) {
      return;
    }
    prompter.shutdownNow();
    try {
      broker.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the MQTT broker on " + uri() + " did not stop", e);
    } finally {
      broker = null;
    }
  }

  @Override
  public int port() {
    return port;
  }

  private Configuration configuration() throws Exception {
    Configuration c = new ConfigurationImpl();
    c.setName("fqt-local");
    c.setPersistenceEnabled(persistent);
    c.setJournalType(JournalType.NIO);
    c.setJournalSyncNonTransactional(false);
    c.setJournalSyncTransactional(false);
    c.setJournalDatasync(false);
    c.setJournalDirectory(directory.resolve("journal").toString());
    c.setBindingsDirectory(directory.resolve("bindings").toString());
    c.setPagingDirectory(directory.resolve("paging").toString());
    c.setLargeMessagesDirectory(directory.resolve("large").toString());
    c.setSecurityEnabled(false);
    c.setJMXManagementEnabled(false);
    c.setThreadPoolMaxSize(THREADS);
    // Above a fill level of the disk Artemis stops reading from publishers without a word: off.
    c.setMaxDiskUsage(-1);
    // Session expiry -1: a session of an MQTT 3.1.1 client lives for ever too.
    c.addAcceptorConfiguration(
        "mqtt",
        "tcp://%s:%d?protocols=MQTT;defaultMqttSessionExpiryInterval=-1;maximumPacketSize=%d"
            .formatted(LoopbackPorts.HOST, port, MAX_PACKET_BYTES));
    c.addAddressSetting("#", nothingDropped());
    c.registerBrokerPlugin(new MqttOrder());
    return c;
  }

  /** Limits under which a queued message waits for its session for ever. */
  private AddressSettings nothingDropped() {
    AddressSettings settings = new AddressSettings();
    // Default 10: a message that came back unacknowledged ten times would be thrown away.
    settings.setMaxDeliveryAttempts(-1);
    // Never used, but without them each new queue is a line of warning.
    settings.setDeadLetterAddress(SimpleString.of("fqt.unused.dead"));
    settings.setExpiryAddress(SimpleString.of("fqt.unused.expired"));
    settings.setAutoDeleteAddresses(false);
    settings.setAutoDeleteQueues(false);
    if (persistent) {
      // Queues beyond this go to disk, they are not cut.
      settings.setMaxSizeBytes(QUEUED_IN_MEMORY_BYTES);
      settings.setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE);
    } else {
      settings.setMaxSizeBytes(-1);
    }
    return settings;
  }
}

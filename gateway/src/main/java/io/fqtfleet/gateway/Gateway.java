package io.fqtfleet.gateway;

import io.fqtfleet.gateway.downlink.Downlink;
import io.fqtfleet.gateway.downlink.DownlinkCounters;
import io.fqtfleet.gateway.kafka.KafkaClients;
import io.fqtfleet.gateway.kafka.KafkaTopics;
import io.fqtfleet.gateway.kafka.SessionChange;
import io.fqtfleet.gateway.kafka.SharedProducer;
import io.fqtfleet.gateway.mqtt.BrokerWatch;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.PahoMqttLink;
import io.fqtfleet.gateway.ops.Metric;
import io.fqtfleet.gateway.ops.Metrics;
import io.fqtfleet.gateway.ops.OpsServer;
import io.fqtfleet.gateway.ops.PacedWarning;
import io.fqtfleet.gateway.ops.Scrape;
import io.fqtfleet.gateway.uplink.Uplink;
import io.fqtfleet.gateway.uplink.UplinkCounters;
import io.fqtfleet.schemas.Contract;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One gateway process: uplink, downlink and the HTTP endpoint. {@link #start} returns at once;
 * brokers that aren't there yet are waited for, visibly.
 */
public final class Gateway implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
  private static final long KAFKA_RETRY_MS = 1_000;
  private static final long READY_POLL_MS = 50;
  private static final long JOIN_TIMEOUT_MS = 15_000;

  private final GatewayConfig config;
  private final KafkaClients kafka;
  private final SharedProducer producers;
  private final Uplink uplink;
  private final Downlink downlink;
  private final BrokerWatch watch;
  private final Metrics metrics = new Metrics();
  private final OpsServer ops;
  private final Thread starter;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final PacedWarning warning = new PacedWarning(LOG);
  private volatile boolean closing;
  private volatile boolean running;
  private volatile String waitingFor = "not started";
  private volatile RuntimeException failure;

  /**
   * @throws IllegalStateException if the port of the HTTP endpoint is busy
   */
  public Gateway(GatewayConfig config) {
    this(config, PahoMqttLink::new);
  }

  Gateway(GatewayConfig config, MqttLink.Factory links) {
    this.config = config;
    this.kafka = new KafkaClients(config, metrics.registry());
    this.producers = new SharedProducer(kafka::producer);
    this.uplink = new Uplink(config, links, kafka, producers);
    this.downlink = new Downlink(config, links, kafka, producers);
    this.watch =
        new BrokerWatch(
            Downlink.settings(config, 0), links, BrokerWatch.patience(config.mqtt().retryMax()));
    this.ops =
        new OpsServer(
            new InetSocketAddress(config.ops().host(), config.ops().port()),
            () -> failure().map(cause -> List.of(cause.getMessage())).orElse(List.of()),
            this::notReady,
            metrics::text);
    metrics.tell(this::writeMetrics);
    this.starter = new Thread(this::startWithKafka, "fqt-gateway-start");
    starter.setDaemon(true);
  }

  public void start() {
    ops.start();
    LOG.info("http=http://{}:{} health and metrics", config.ops().host(), ops.port());
    starter.start();
  }

  /** Waits until every session and partition of this gateway is served. */
  public boolean awaitReady(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (!notReady().isEmpty()) {
      if (failure != null || System.nanoTime() > deadline) {
        return false;
      }
      Thread.sleep(READY_POLL_MS);
    }
    return true;
  }

  /** Causes why messages don't flow, one sentence each; empty = ready. */
  public List<String> notReady() {
    if (failure != null) {
      return List.of(failure.getMessage());
    }
    if (closing) {
      return List.of("draining: this gateway was told to stop");
    }
    if (!running) {
      return List.of(waitingFor);
    }
    List<String> causes = new ArrayList<>(uplink.notReady());
    causes.addAll(downlink.notReady());
    return causes;
  }

  /** Why this gateway cannot run with its settings; a restart alone doesn't help. */
  public Optional<RuntimeException> failure() {
    return Optional.ofNullable(failure);
  }

  /** Uplink counters of all sessions together. */
  public UplinkCounters.Snapshot uplinkTotal() {
    return uplink.total();
  }

  public DownlinkCounters.Snapshot downlinkTotal() {
    return downlink.total();
  }

  /** Numbers of the MQTT sessions that this gateway owns at this moment. */
  public List<Integer> ownedSessions() {
    return uplink.owned();
  }

  /** Port of the HTTP endpoint, also where the configuration says 0. */
  public int opsPort() {
    return ops.port();
  }

  /** Returns when the gateway was closed or failed. */
  public void awaitEnd() throws InterruptedException {
    ended.await();
  }

  /**
   * Drains: takes no more messages, waits for Kafka's confirmations, acknowledges to MQTT, then
   * leaves the groups, so that another gateway takes over at once; the MQTT sessions stay. Each
   * step has a limit; what is unacknowledged by then is delivered again.
   */
  @Override
  public void close() {
    long began = System.nanoTime();
    closing = true;
    starter.interrupt();
    try {
      starter.join(JOIN_TIMEOUT_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (running) {
      Thread down = new Thread(downlink::close, "fqt-gateway-close-down");
      down.start();
      watch.close();
      uplink.close();
      try {
        down.join(JOIN_TIMEOUT_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    producers.close();
    ops.close();
    metrics.close();
    LOG.info("drained in {} ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
    ended.countDown();
  }

  private void startWithKafka() {
    try {
      while (!closing && !topicsReady()) {
        Thread.sleep(KAFKA_RETRY_MS);
      }
      if (!closing) {
        uplink.start();
        downlink.start();
        watch.start();
        running = true;
      }
    } catch (InterruptedException e) {
      LOG.debug("closed before Kafka was there");
    } catch (RuntimeException e) {
      failure = e;
      LOG.error("the gateway cannot run: {}", e.getMessage());
      ended.countDown();
    }
  }

  private boolean topicsReady() throws InterruptedException {
    Admin admin = kafka.admin();
    try {
      SessionChange.refuseUnfinished(admin, config.uplink().group());
      KafkaTopics.ensure(admin, config.kafka().partitions(), config.uplink().sessions());
      return true;
    } catch (KafkaTopics.MismatchException e) {
      throw e;
    } catch (KafkaException e) {
      String awaited = "waiting for Kafka at " + kafka.bootstrapServers();
      waitingFor = awaited + ": " + e.getMessage();
      warning.say("{}: {}", awaited, e.toString());
      return false;
    } finally {
      admin.close(Duration.ZERO);
    }
  }

  private void writeMetrics(Scrape scrape) {
    scrape.add(Metric.READY, Map.of(), notReady().isEmpty() ? 1 : 0);
    scrape.add(Metric.PRODUCER_FAILURES, Map.of(), producers.failures());
    scrape.add(Metric.BUILD, Contract.buildLabels(), 1);
    uplink.writeMetrics(scrape);
    downlink.writeMetrics(scrape);
    watch.writeMetrics(scrape);
  }
}

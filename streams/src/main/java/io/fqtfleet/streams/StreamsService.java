package io.fqtfleet.streams;

import io.fqtfleet.streams.alerting.AlertPush;
import io.fqtfleet.streams.console.Console;
import io.fqtfleet.streams.ops.HttpEndpoint;
import io.fqtfleet.streams.ops.Meters;
import io.fqtfleet.streams.ops.Metrics;
import io.fqtfleet.streams.ops.OpsHandler;
import io.fqtfleet.streams.topology.BoundedRocksDb;
import io.fqtfleet.streams.topology.ErrorHandlers;
import io.fqtfleet.streams.topology.FleetTopology;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KafkaStreams.State;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.state.HostInfo;
import org.eclipse.jetty.server.Handler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running service: waits for Kafka, makes and checks the topics, runs the topology.
 *
 * <p>{@link #start} returns at once; {@link #awaitReady} waits. Public methods may be called from
 * any thread.
 */
public final class StreamsService implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamsService.class);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);
  private static final int ADMIN_TIMEOUT_MS = 5_000;
  private static final long RETRY_MS = 1_000;

  /** Of what waits for the next commit in the one cached store, evidence of open rounds. */
  private static final long CACHE_BYTES = 16L << 20;

  /** How long the tasks of an instance that vanished stay idle. */
  private static final int SESSION_TIMEOUT_MS = 10_000;

  private final StreamsSettings settings;
  private final Metrics metrics = new Metrics();
  private final Meters meters = new Meters(metrics.registry());
  private final HttpEndpoint http;

  /** Null without a token for it. */
  private final Console console;

  private final Thread starter = new Thread(this::startWhenKafkaIsThere, "streams-starter");
  private final CountDownLatch closing = new CountDownLatch(1);
  private final ThreadDeaths deaths = new ThreadDeaths();
  private KafkaStreams streams;
  private AlertPush push;

  /** Null before the first topology. */
  private KafkaStreamsMetrics clientMetrics;

  private String waitingFor = "the service has not been started";
  private String failure;

  /** Takes the HTTP port; a busy one is refused here. */
  public StreamsService(StreamsSettings settings) {
    this.settings = settings;
    this.console =
        settings.console().isOn()
            ? new Console(
                settings.console(),
                client(),
                this::streams,
                this::self,
                settings.detection().shardsByCohort())
            : null;
    Handler ops = new OpsHandler(this::unhealthy, this::notReady, this::warnings, metrics::text);
    StreamsMetrics.tell(metrics, this::streams);
    InetSocketAddress address = new InetSocketAddress(settings.ops().host(), settings.ops().port());
    this.http =
        console == null
            ? new HttpEndpoint(address, ops)
            : new HttpEndpoint(address, ops, console.handler());
  }

  public void start() {
    http.start();
    LOG.info("settings={}", EffectiveSettings.of(settings));
    starter.setDaemon(true);
    starter.start();
  }

  /** True if every task runs before the time is over. */
  public boolean awaitReady(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (!notReady().isEmpty()) {
      if (System.nanoTime() > deadline || !unhealthy().isEmpty()) {
        return false;
      }
      Thread.sleep(20);
    }
    return true;
  }

  /** Port of health, metrics and console. */
  public int opsPort() {
    return http.port();
  }

  public Meters meters() {
    return meters;
  }

  /** Finishes the transactions and stops; a new service may go on from there. */
  @Override
  public void close() {
    closing.countDown();
    try {
      starter.join(CLOSE_TIMEOUT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (console != null) {
      console.close();
    }
    AlertPush pushing = push();
    if (pushing != null) {
      pushing.close();
    }
    synchronized (this) {
      if (clientMetrics != null) {
        clientMetrics.close();
      }
    }
    KafkaStreams running = streams();
    // Leaving the group at once saves the next owner of the tasks the wait for a session timeout.
    CloseOptions options =
        CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
            .withTimeout(CLOSE_TIMEOUT);
    if (running != null && !running.close(options)) {
      LOG.error("the topology did not stop within {}", CLOSE_TIMEOUT);
    }
    http.close();
    metrics.close();
  }

  private void startWhenKafkaIsThere() {
    try {
      while (!topicsAreThere() || !begin(create())) {
        if (closing.await(RETRY_MS, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
      startPush();
      if (console != null && closing.getCount() > 0) {
        console.start();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("the service cannot start", e);
      synchronized (this) {
        failure = "the service cannot start: " + e.getMessage();
      }
    }
  }

  private synchronized void startPush() {
    StreamsSettings.AlertmanagerPush alertmanager = settings.alertmanager();
    if (!alertmanager.isOn() || closing.getCount() == 0) {
      return;
    }
    Map<String, Object> client = client();
    client.put(ConsumerConfig.GROUP_ID_CONFIG, settings.application().id() + "-alertmanager");
    client.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_TIMEOUT_MS);
    AlertPush.Settings pushSettings =
        new AlertPush.Settings(
            alertmanager.url(), alertmanager.resolveTimeout(), alertmanager.requestTimeout());
    push = new AlertPush(pushSettings, client, meters);
    push.start();
  }

  /** What every client of Kafka is made with. */
  private Map<String, Object> client() {
    Map<String, Object> client = new HashMap<>(settings.kafka().client());
    client.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, settings.kafka().bootstrapServers());
    return client;
  }

  /** Where the other instances reach this one. */
  private HostInfo self() {
    String advertised = settings.console().advertised();
    if (advertised != null) {
      return HostInfo.buildFromEndpoint(advertised);
    }
    String host = settings.ops().host();
    // "All addresses" would make every instance take all others for itself.
    boolean all = new InetSocketAddress(host, 0).getAddress().isAnyLocalAddress();
    return new HostInfo(all ? nameOfThisMachine() : host, http.port());
  }

  private static String nameOfThisMachine() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      throw new IllegalStateException(
          "this machine's name has no address; set console.advertised to host:port", e);
    }
  }

  private synchronized AlertPush push() {
    return push;
  }

  private List<String> warnings() {
    AlertPush running = push();
    return running == null ? List.of() : running.problem().stream().toList();
  }

  /** False if it must be tried again: a broker may not know yet of a topic made a moment ago. */
  private boolean begin(KafkaStreams created) {
    synchronized (this) {
      streams = created;
      waitingFor = null;
    }
    if (closing.getCount() == 0) {
      return true;
    }
    try {
      created.start();
      return true;
    } catch (StreamsException e) {
      LOG.warn("the topology did not start ({}); tried again", e.getMessage());
      created.close(CLOSE_TIMEOUT);
      synchronized (this) {
        streams = null;
        waitingFor = "starting the topology: " + e.getMessage();
      }
      return false;
    }
  }

  private boolean topicsAreThere() throws InterruptedException {
    String servers = settings.kafka().bootstrapServers();
    Map<String, Object> config = new HashMap<>(settings.kafka().client());
    config.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
    config.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ADMIN_TIMEOUT_MS);
    config.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ADMIN_TIMEOUT_MS);
    try (Admin admin = Admin.create(config)) {
      StreamsTopics.ensure(admin, settings);
      return true;
    } catch (KafkaException e) {
      LOG.warn(
          "Kafka at {} does not answer ({}); tried again until it does", servers, e.toString());
      synchronized (this) {
        waitingFor = "waiting for Kafka at " + servers + ": " + e;
      }
      return false;
    }
  }

  private KafkaStreams create() {
    Properties config = properties(settings);
    if (console != null) {
      HostInfo self = self();
      config.put(StreamsConfig.APPLICATION_SERVER_CONFIG, self.host() + ":" + self.port());
    }
    FleetTopology.Settings topologySettings =
        new FleetTopology.Settings(
            settings.application().id(),
            settings.detection().fleetDevices(),
            settings.detection().maxClockSkew().toMillis(),
            settings.detection().shardsByCohort());
    Topology topology = FleetTopology.build(topologySettings, meters);
    KafkaStreams created = new KafkaStreams(topology, config);
    bind(created);
    created.setUncaughtExceptionHandler(deaths);
    created.setStateListener((next, before) -> LOG.info("state={} before={}", next, before));
    return created;
  }

  /** A topology that did not start has been replaced: its metrics go with it. */
  private synchronized void bind(KafkaStreams created) {
    if (clientMetrics != null) {
      clientMetrics.close();
    }
    clientMetrics = new KafkaStreamsMetrics(created);
    clientMetrics.bindTo(metrics.registry());
  }

  /** What Kafka Streams runs with. */
  public static Properties properties(StreamsSettings settings) {
    StreamsSettings.Application application = settings.application();
    Properties p = new Properties();
    p.putAll(settings.kafka().client());
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, application.id());
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, settings.kafka().bootstrapServers());
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    p.put(StreamsConfig.STATE_DIR_CONFIG, application.stateDirectory());
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, application.threads());
    p.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, application.standbys());
    p.put(
        StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), SESSION_TIMEOUT_MS);
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, application.commitInterval().toMillis());
    p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, CACHE_BYTES);
    // No order between the intake's topics is needed: what a report's counters hold is in the next
    // one's too. Waiting for empty topics costs a formatted text per record (PartitionGroup).
    p.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, StreamsConfig.MAX_TASK_IDLE_MS_DISABLED);
    p.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
    p.put(
        StreamsConfig.REPLICATION_FACTOR_CONFIG,
        settings.kafka().replicationFactor() == null ? -1 : settings.kafka().replicationFactor());
    p.put(
        StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, ErrorHandlers.Reading.class);
    p.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, ErrorHandlers.Processing.class);
    p.put(StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG, ErrorHandlers.Producing.class);
    p.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocksDb.class);
    p.put(BoundedRocksDb.TOTAL_BYTES, (long) application.rocksDbMegabytes() << 20);
    return p;
  }

  private synchronized KafkaStreams streams() {
    return streams;
  }

  private List<String> unhealthy() {
    KafkaStreams running = streams();
    synchronized (this) {
      if (failure != null) {
        return List.of(failure);
      }
    }
    if (deaths.tooMany()) {
      return List.of("stream threads died too often; the log says why");
    }
    boolean dead =
        running != null && (running.state() == State.ERROR || running.state() == State.NOT_RUNNING);
    return dead ? List.of("the topology is in state " + running.state()) : List.of();
  }

  private List<String> notReady() {
    KafkaStreams running = streams();
    if (running == null) {
      synchronized (this) {
        return List.of(failure == null ? waitingFor : failure);
      }
    }
    return running.state() == State.RUNNING
        ? List.of()
        : List.of("the topology is in state " + running.state() + "; it serves in RUNNING");
  }
}

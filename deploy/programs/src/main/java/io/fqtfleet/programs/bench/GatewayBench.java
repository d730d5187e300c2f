package io.fqtfleet.programs.bench;

import io.fqtfleet.gateway.Gateway;
import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.schemas.Topics;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * Reports per second and latency of the gateway with load, broker, gateway and Kafka on this
 * machine, beside what the same broker gives a client that only acknowledges, and what the same
 * Kafka takes from a producer that only sends. The three take turns, so that they share the
 * machine's moods; the figures are medians of the turns.
 *
 * <p>Every report is accounted for in every turn.
 */
final class GatewayBench {
  /** The bare consumer's topics: as long as the gateway's, and none of its. */
  private static final String BARE_ROOT = "bench/";

  private static final int DEVICES = 400;
  private static final int CONNECTIONS = 4;

  /** Deep enough to fill every window several times, too short to make the broker page. */
  private static final int BACKLOG_MAX = 8_000;

  private static final Duration READY = Duration.ofMinutes(1);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long TURN_TIMEOUT_NANOS = TimeUnit.MINUTES.toNanos(5);
  private static final long LONGEST_MICROS = TimeUnit.MINUTES.toMicros(10);

  /** Lets timers, pages and connections of the turn before come to rest. */
  private static final long REST_MS = 300;

  /** Which broker. */
  enum Broker {
    ARTEMIS,
    MOSQUITTO;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * @param reports of each turn at full speed
   * @param ratePerSecond of the turns that measure the latency
   * @param rateSeconds how long each of these lasts
   */
  record Options(Broker broker, int reports, int ratePerSecond, int rateSeconds, int repeats) {}

  /** One turn at full speed. */
  private record Turn(double perSecond, double cpuMicros, Map<String, Double> cpuByComponent) {}

  private final Options options;
  private final Consumer<String> say;
  private final ReportPackets packets = new ReportPackets(DEVICES, "");
  private final ReportPackets barePackets = new ReportPackets(DEVICES, BARE_ROOT);
  private long nextReport;
  private volatile long lost;
  private volatile long duplicated;
  private volatile long outOfOrder;

  GatewayBench(Options options, Consumer<String> say) {
    this.options = options;
    this.say = say;
  }

  static MqttBroker broker(Broker kind, Path directory) {
    return kind == Broker.ARTEMIS ? new LocalMqttBroker(directory) : new MosquittoBroker(directory);
  }

  /** What was measured, each figure under its name with its unit. */
  Map<String, Object> run(Path directory) throws Exception {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("broker", options.broker.label());
    figures.put("processors", Runtime.getRuntime().availableProcessors());
    figures.put(
        "loadAverageBefore",
        rounded(ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
    figures.put("reports", options.reports);
    figures.put("reportBytes", packets.payloadBytes());
    try (LocalKafka kafka = new LocalKafka(directory.resolve("kafka"));
        MqttBroker broker = broker(options.broker, directory.resolve("mqtt"))) {
      kafka.start();
      broker.start();
      GatewayConfig config =
          GatewayConfig.of(broker.uri(), kafka.bootstrapServers(), "00".repeat(32));
      try (Gateway gateway = new Gateway(config)) {
        gateway.start();
        if (!gateway.awaitReady(READY)) {
          throw new IllegalStateException("the gateway is not ready: " + gateway.notReady());
        }
        makeBareTopic(kafka.bootstrapServers(), config.kafka().partitions());
        try (Turns turns = new Turns(broker, kafka, gateway, config)) {
          measure(turns, figures);
        }
      }
    }
    return figures;
  }

  /**
   * Fails if a report was lost or came before an older one of its device.
   *
   * @param figures what {@link #run} returned
   */
  static void judge(Map<String, Object> figures) {
    for (String promise : List.of("lost", "outOfOrder")) {
      if (((Number) figures.get(promise)).longValue() > 0) {
        throw new IllegalStateException(
            "%s: %s of the reports; the gateway promises none. Its log and the broker's say more"
                .formatted(promise, figures.get(promise)));
      }
    }
  }

  private static void makeBareTopic(String bootstrapServers, int partitions) throws Exception {
    try (Admin admin =
        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
      admin
          .createTopics(List.of(new NewTopic(BareProducer.TOPIC, partitions, (short) 1)))
          .all()
          .get();
    }
  }

  private void measure(Turns turns, Map<String, Object> figures) throws Exception {
    say.accept("warming up ...");
    turns.bareMqtt();
    turns.gateway();
    turns.bareKafka();
    List<Turn> gateway = new ArrayList<>();
    List<Turn> bareMqtt = new ArrayList<>();
    List<Turn> bareKafka = new ArrayList<>();
    for (int r = 1; r <= options.repeats; r++) {
      bareMqtt.add(turns.bareMqtt());
      gateway.add(turns.gateway());
      bareKafka.add(turns.bareKafka());
      say.accept(
          "turn %d of %d: bare MQTT consumer %.0f/s, gateway %.0f/s, bare Kafka producer %.0f/s"
              .formatted(
                  r,
                  options.repeats,
                  bareMqtt.get(r - 1).perSecond,
                  gateway.get(r - 1).perSecond,
                  bareKafka.get(r - 1).perSecond));
    }
    double perSecond = median(gateway.stream().map(Turn::perSecond).toList());
    double mqtt = median(bareMqtt.stream().map(Turn::perSecond).toList());
    double kafka = median(bareKafka.stream().map(Turn::perSecond).toList());
    figures.put("reportsPerSecond", Math.round(perSecond));
    figures.put("bareMqttReportsPerSecond", Math.round(mqtt));
    figures.put("bareKafkaReportsPerSecond", Math.round(kafka));
    figures.put("ratioToBareMqtt", rounded(perSecond / mqtt));
    figures.put("ratioToBareKafka", rounded(perSecond / kafka));
    figures.put(
        "cpuMicrosPerReport", rounded(median(gateway.stream().map(Turn::cpuMicros).toList())));
    figures.put("cpuMicrosByComponent", medians(gateway));
    figures.put("bareMqttCpuMicrosByComponent", medians(bareMqtt));
    figures.put("bareKafkaCpuMicrosByComponent", medians(bareKafka));
    say.accept(
        "%,d reports/s for %d s, %d times ..."
            .formatted(options.ratePerSecond, options.rateSeconds, options.repeats));
    latencies(turns, figures);
    figures.put("lost", lost);
    figures.put("duplicated", duplicated);
    figures.put("outOfOrder", outOfOrder);
  }

  private void latencies(Turns turns, Map<String, Object> figures) throws Exception {
    List<Turns.Latency> turnsTaken = new ArrayList<>();
    turns.latency();
    for (int r = 0; r < options.repeats; r++) {
      turnsTaken.add(turns.latency());
    }
    figures.put("offeredPerSecond", options.ratePerSecond);
    percentiles("", turnsTaken.stream().map(Turns.Latency::readable).toList(), figures);
    percentiles("puback", turnsTaken.stream().map(Turns.Latency::acknowledged).toList(), figures);
    List<Turn> costs = turnsTaken.stream().map(Turns.Latency::turn).toList();
    figures.put(
        "cpuMicrosPerReportAtRate", rounded(median(costs.stream().map(Turn::cpuMicros).toList())));
    figures.put("cpuMicrosByComponentAtRate", medians(costs));
  }

  private static void percentiles(
      String prefix, List<Histogram> histograms, Map<String, Object> figures) {
    Map<String, Double> named = new LinkedHashMap<>();
    named.put("p50Millis", 50.0);
    named.put("p99Millis", 99.0);
    named.put("p999Millis", 99.9);
    named.forEach(
        (name, percentile) -> {
          double millis =
              median(
                  histograms.stream().map(h -> h.getValueAtPercentile(percentile) / 1e3).toList());
          String full =
              prefix.isEmpty()
                  ? name
                  : prefix + name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
          figures.put(full, rounded(millis));
        });
  }

  private static Map<String, Double> medians(List<Turn> turns) {
    Map<String, List<Double>> all = new TreeMap<>();
    for (Turn turn : turns) {
      turn.cpuByComponent.forEach(
          (name, micros) -> all.computeIfAbsent(name, n -> new ArrayList<>()).add(micros));
    }
    Map<String, Double> medians = new TreeMap<>();
    all.forEach((name, micros) -> medians.put(name, rounded(median(micros))));
    return medians;
  }

  static Histogram histogram() {
    return new Histogram(LONGEST_MICROS, 3);
  }

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  /** The turns, all on the same brokers. */
  private final class Turns implements AutoCloseable {
    private final MqttBroker broker;
    private final LocalKafka kafka;
    private final Gateway gateway;
    private final GatewayConfig config;
    private final MqttLoad load;
    private final MqttLoad bareLoad;
    private final Background sending = new Background(MqttLoad.THREAD);
    private final Background reading = new Background(ReportTail.THREAD);

    Turns(MqttBroker broker, LocalKafka kafka, Gateway gateway, GatewayConfig config)
        throws IOException {
      this.broker = broker;
      this.kafka = kafka;
      this.gateway = gateway;
      this.config = config;
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), broker.port());
      this.load = new MqttLoad(address, "bench-load-", CONNECTIONS, packets);
      this.bareLoad = new MqttLoad(address, "bench-bare-load-", CONNECTIONS, barePackets);
    }

    private MqttLoad.Plan plan(long reports, long rate, LongSupplier total) {
      long before = total.getAsLong();
      long first = nextReport;
      nextReport += (reports + DEVICES - 1) / DEVICES * DEVICES;
      return new MqttLoad.Plan(first, reports, rate, BACKLOG_MAX, () -> total.getAsLong() - before);
    }

    Turn gateway() throws Exception {
      try (ReportTail tail = new ReportTail(kafka.bootstrapServers(), Topics.REPORTS, packets)) {
        MqttLoad.Plan plan = plan(options.reports, 0, () -> gateway.uplinkTotal().forwarded());
        Turn turn = turn(load, plan);
        add(tail.read(plan, 0, PATIENCE, null));
        return turn;
      }
    }

    Turn bareMqtt() throws Exception {
      try (BarePahoConsumer consumer =
          new BarePahoConsumer(
              broker.uri(), BARE_ROOT, config.uplink().sessions(), config.uplink().window())) {
        return turn(bareLoad, plan(options.reports, 0, consumer::received));
      }
    }

    private Turn turn(MqttLoad through, MqttLoad.Plan plan) throws Exception {
      Thread.sleep(REST_MS);
      Histogram unused = histogram();
      CpuByComponent before = CpuByComponent.now();
      long start = System.nanoTime();
      sending.start(() -> through.send(plan, start, unused));
      awaitSettled(plan, start);
      double seconds = (System.nanoTime() - start) / 1e9;
      CpuByComponent after = CpuByComponent.now();
      sending.join();
      return taken(plan.reports(), seconds, before, after);
    }

    private Turn taken(long reports, double seconds, CpuByComponent before, CpuByComponent after) {
      Map<String, Double> shares = new TreeMap<>();
      after
          .sharesSince(before)
          .forEach((component, nanos) -> shares.put(component, nanos / 1e3 / reports));
      return new Turn(reports / seconds, after.nanosSince(before) / 1e3 / reports, shares);
    }

    private void awaitSettled(MqttLoad.Plan plan, long start) throws Exception {
      while (plan.settled().getAsLong() < plan.reports()) {
        sending.check();
        if (System.nanoTime() - start > TURN_TIMEOUT_NANOS) {
          throw new TimeoutException(
              "%d of %d reports are through after %d minutes; see the log"
                  .formatted(
                      plan.settled().getAsLong(),
                      plan.reports(),
                      TimeUnit.NANOSECONDS.toMinutes(TURN_TIMEOUT_NANOS)));
        }
        Thread.sleep(2);
      }
    }

    Turn bareKafka() throws Exception {
      Thread.sleep(REST_MS);
      try (BareProducer producer =
          new BareProducer(kafka.bootstrapServers(), config.kafka().linger())) {
        CpuByComponent before = CpuByComponent.now();
        long start = System.nanoTime();
        producer.send(packets, options.reports);
        double seconds = (System.nanoTime() - start) / 1e9;
        return taken(options.reports, seconds, before, CpuByComponent.now());
      }
    }

    /** One paced turn: times from the intended send. */
    record Latency(Histogram readable, Histogram acknowledged, Turn turn) {}

    Latency latency() throws Exception {
      Thread.sleep(REST_MS);
      Histogram readable = histogram();
      Histogram acknowledged = histogram();
      long reports = (long) options.ratePerSecond * options.rateSeconds;
      MqttLoad.Plan plan =
          plan(reports, options.ratePerSecond, () -> gateway.uplinkTotal().forwarded());
      try (ReportTail tail = new ReportTail(kafka.bootstrapServers(), Topics.REPORTS, packets)) {
        CpuByComponent before = CpuByComponent.now();
        long start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(REST_MS);
        reading.start(() -> add(tail.read(plan, start, PATIENCE, readable)));
        sending.start(() -> load.send(plan, start, acknowledged));
        sending.join();
        reading.join();
        return new Latency(readable, acknowledged, taken(reports, 1, before, CpuByComponent.now()));
      }
    }

    private void add(ReportTail.Account account) {
      lost += account.lost();
      duplicated += account.duplicated();
      outOfOrder += account.outOfOrder();
    }

    @Override
    public void close() throws IOException {
      sending.close();
      reading.close();
      load.close();
      bareLoad.close();
    }
  }
}

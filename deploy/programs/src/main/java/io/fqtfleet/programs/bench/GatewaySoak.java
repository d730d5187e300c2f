package io.fqtfleet.programs.bench;

import io.fqtfleet.gateway.Gateway;
import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.schemas.Topics;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/**
 * Offers twice what Kafka takes, for long: what the gateway cannot pass on has to stay in the
 * broker's queue, not in the gateway's memory. Kafka is held back by its own quota of bytes per
 * second. At the end the quota is lifted, and every report must arrive.
 *
 * <p>The heap is this JVM's, with Kafka and load in it, each time after a full collection.
 */
final class GatewaySoak {
  private static final int DEVICES = 400;
  private static final int CONNECTIONS = 4;
  private static final Duration READY = Duration.ofMinutes(1);
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int SAMPLES = 60;
  private static final double MIB = 1 << 20;

  /** Key, headers and framing of a report's record in Kafka beside the report itself. */
  private static final int RECORD_OVERHEAD_BYTES = 150;

  /** What the heap may differ by chance between the first and the last quarter of the samples. */
  private static final double FLAT_SHARE = 0.1;

  private static final double FLAT_MIB = 8;

  /**
   * @param ratePerSecond offered; Kafka takes half of it
   */
  record Options(GatewayBench.Broker broker, Duration length, int ratePerSecond) {}

  /** One look at the gateway. {@code queued}: sent and not yet in Kafka. */
  record Sample(double seconds, double heapMib, double directMib, long inFlight, long queued) {}

  private final Options options;
  private final Consumer<String> say;
  private final ReportPackets packets = new ReportPackets(DEVICES, "");
  private final List<Sample> samples = Collections.synchronizedList(new ArrayList<>());

  GatewaySoak(Options options, Consumer<String> say) {
    this.options = options;
    this.say = say;
  }

  /** What was measured, each figure under its name with its unit. */
  Map<String, Object> run(Path directory) throws Exception {
    try (LocalKafka kafka = new LocalKafka(directory.resolve("kafka"));
        MqttBroker broker = GatewayBench.broker(options.broker, directory.resolve("mqtt"))) {
      kafka.start();
      broker.start();
      GatewayConfig config =
          GatewayConfig.of(broker.uri(), kafka.bootstrapServers(), "00".repeat(32));
      try (Gateway gateway = new Gateway(config);
          Admin admin =
              Admin.create(
                  Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers()))) {
        gateway.start();
        if (!gateway.awaitReady(READY)) {
          throw new IllegalStateException("the gateway is not ready: " + gateway.notReady());
        }
        int bytes = packets.payloadBytes() + RECORD_OVERHEAD_BYTES;
        quota(admin, (double) options.ratePerSecond / 2 * bytes);
        InetSocketAddress address =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), broker.port());
        try (MqttLoad load = new MqttLoad(address, "bench-soak-", CONNECTIONS, packets);
            ReportTail tail = new ReportTail(kafka.bootstrapServers(), Topics.REPORTS, packets)) {
          return soak(gateway, config, admin, load, tail);
        }
      }
    }
  }

  /** Limits the bytes per second of every producer; null lifts the limit. */
  private static void quota(Admin admin, Double bytesPerSecond) throws Exception {
    ClientQuotaEntity everyone =
        new ClientQuotaEntity(Collections.singletonMap(ClientQuotaEntity.CLIENT_ID, null));
    admin
        .alterClientQuotas(
            List.of(
                new ClientQuotaAlteration(
                    everyone,
                    List.of(new ClientQuotaAlteration.Op("producer_byte_rate", bytesPerSecond)))))
        .all()
        .get();
  }

  private Map<String, Object> soak(
      Gateway gateway, GatewayConfig config, Admin admin, MqttLoad load, ReportTail tail)
      throws Exception {
    long reports = options.length.toSeconds() * options.ratePerSecond;
    MqttLoad.Plan plan =
        new MqttLoad.Plan(
            0, reports, options.ratePerSecond, 0, () -> gateway.uplinkTotal().forwarded());
    long start = System.nanoTime();
    try (Background sending = new Background(MqttLoad.THREAD);
        Background reading = new Background(ReportTail.THREAD)) {
      ReportTail.Account[] account = new ReportTail.Account[1];
      reading.start(() -> account[0] = tail.read(plan, start, PATIENCE, null));
      sending.start(() -> load.send(plan, start, GatewayBench.histogram()));
      long everyNanos = options.length.toNanos() / SAMPLES;
      for (int s = 1; s <= SAMPLES; s++) {
        TimeUnit.NANOSECONDS.sleep(start + s * everyNanos - System.nanoTime());
        sending.check();
        reading.check();
        sample(gateway, start);
      }
      long taken = gateway.uplinkTotal().forwarded();
      double seconds = (System.nanoTime() - start) / 1e9;
      say.accept(
          "%,d of %,d reports are in Kafka; its quota is lifted ..".formatted(taken, reports));
      quota(admin, null);
      sending.join();
      reading.join();
      double drained = (System.nanoTime() - start) / 1e9 - seconds;
      return figures(config, plan, taken / seconds, drained, account[0]);
    }
  }

  private void sample(Gateway gateway, long start) {
    // A soak asks what is still referenced, not what happens to be uncollected.
    System.gc();
    double seconds = (System.nanoTime() - start) / 1e9;
    double heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / MIB;
    double direct =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum()
            / MIB;
    var total = gateway.uplinkTotal();
    long queued = (long) (seconds * options.ratePerSecond) - total.forwarded();
    Sample sample = new Sample(seconds, heap, direct, total.inFlight(), queued);
    samples.add(sample);
    if (samples.size() % (SAMPLES / 6) == 0) {
      say.accept(
          "%4.0f s  heap %.1f MiB  direct %.1f MiB  in flight %d  queued in the broker %,d"
              .formatted(seconds, heap, direct, sample.inFlight, queued));
    }
  }

  private Map<String, Object> figures(
      GatewayConfig config,
      MqttLoad.Plan plan,
      double takenPerSecond,
      double drainSeconds,
      ReportTail.Account account) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("broker", options.broker.label());
    figures.put("seconds", options.length.toSeconds());
    figures.put("reports", plan.reports());
    figures.put("offeredPerSecond", options.ratePerSecond);
    figures.put("takenPerSecond", Math.round(takenPerSecond));
    // The first quarter is not the beginning: what a fresh JVM still loads is no leak.
    figures.put("heapSecondQuarterMib", quarter(1));
    figures.put("heapLastQuarterMib", quarter(3));
    figures.put("inFlightMax", samples.stream().mapToLong(Sample::inFlight).max().orElse(0));
    figures.put("inFlightBound", config.uplink().sessions() * config.uplink().window());
    figures.put("queuedMax", samples.stream().mapToLong(Sample::queued).max().orElse(0));
    figures.put("drainSeconds", Math.round(drainSeconds));
    figures.put("lost", account.lost());
    figures.put("duplicated", account.duplicated());
    figures.put("outOfOrder", account.outOfOrder());
    figures.put("curve", List.copyOf(samples));
    return figures;
  }

  private double quarter(int index) {
    int size = SAMPLES / 4;
    return GatewayBench.rounded(
        GatewayBench.median(
            samples.subList(index * size, (index + 1) * size).stream()
                .map(Sample::heapMib)
                .toList()));
  }

  /**
   * Fails if the heap grew, more was in flight than the windows hold, or the promise was broken.
   *
   * @param figures what {@link #run} returned
   */
  static void judge(Map<String, Object> figures) {
    GatewayBench.judge(figures);
    double before = number(figures, "heapSecondQuarterMib");
    double after = number(figures, "heapLastQuarterMib");
    if (after > before * (1 + FLAT_SHARE) + FLAT_MIB) {
      throw new IllegalStateException(
          "the heap grew from %.1f to %.1f MiB under back-pressure".formatted(before, after));
    }
    if (number(figures, "inFlightMax") > number(figures, "inFlightBound")) {
      throw new IllegalStateException(
          "%s messages in flight, the windows hold %s"
              .formatted(figures.get("inFlightMax"), figures.get("inFlightBound")));
    }
    if (number(figures, "takenPerSecond") > 0.75 * number(figures, "offeredPerSecond")) {
      throw new IllegalStateException(
          "Kafka took %s/s of %s/s: that is no back-pressure; was the quota kept?"
              .formatted(figures.get("takenPerSecond"), figures.get("offeredPerSecond")));
    }
  }

  private static double number(Map<String, Object> figures, String name) {
    return ((Number) figures.get(name)).doubleValue();
  }
}

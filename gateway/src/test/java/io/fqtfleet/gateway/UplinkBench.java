package io.fqtfleet.gateway;

import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.schemas.LayerCounters;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.schemas.TrainingReport;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;

/**
 * Measures the uplink with everything in one process: publishers, broker, gateway, Kafka.
 * Arguments: {@code artemis|mosquitto REPORTS RATE [WINDOW]}; rate 0 = as fast as it goes. A
 * program, not a test: its figures depend on the machine.
 */
public final class UplinkBench {
  private static final int PUBLISHERS = 4;
  private static final int DEVICES = 400;
  private static final int WINDOW = 500;
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  private final long reports;
  private final long ratePerSecond;
  private final Histogram latencyMicros = new Histogram(TimeUnit.MINUTES.toMicros(5), 3);
  private final AtomicLong refused = new AtomicLong();
  private volatile boolean counting;

  private UplinkBench(long reports, long ratePerSecond) {
    this.reports = reports;
    this.ratePerSecond = ratePerSecond;
  }

  public static void main(String[] args) throws Exception {
    Path directory = Files.createTempDirectory("uplink-bench");
    long reports = Long.parseLong(args[1]);
    long rate = Long.parseLong(args[2]);
    try (LocalKafka kafka = new LocalKafka(directory.resolve("kafka"));
        MqttBroker broker =
            args[0].equals("mosquitto")
                ? new MosquittoBroker(directory.resolve("mqtt"))
                : new LocalMqttBroker(directory.resolve("mqtt"))) {
      kafka.start();
      broker.start();
      GatewayConfig d = GatewayConfig.of(broker.uri(), kafka.bootstrapServers(), "00".repeat(32));
      Integer window = args.length > 3 ? Integer.valueOf(args[3]) : null;
      GatewayConfig config =
          new GatewayConfig(
              d.mqtt(),
              d.kafka(),
              new GatewayConfig.Uplink(null, window, null, null, null),
              null,
              d.keys(),
              d.ops());
      try (Gateway gateway = new Gateway(config)) {
        gateway.start();
        gateway.awaitReady(Duration.ofMinutes(1));
        // The first run warms the machine code up.
        new UplinkBench(Math.min(reports, 40_000), rate).run("warm-up", broker, kafka, gateway);
        new UplinkBench(reports, rate).run(args[0], broker, kafka, gateway);
      }
    }
  }

  private void run(String name, MqttBroker broker, LocalKafka kafka, Gateway gateway)
      throws Exception {
    long before = gateway.uplinkTotal().forwarded();
    counting = true;
    Thread reader = new Thread(() -> read(kafka), "bench-reader");
    reader.start();
    Thread.sleep(1_000);
    long start = System.nanoTime();
    long cpuStart = cpuNanos();
    List<Thread> publishers = new ArrayList<>();
    for (int p = 0; p < PUBLISHERS; p++) {
      int number = p;
      Thread thread = new Thread(() -> publish(broker, number, start), "bench-publisher-" + p);
      thread.start();
      publishers.add(thread);
    }
    for (Thread thread : publishers) {
      thread.join();
    }
    while (gateway.uplinkTotal().forwarded() - before < reports
        && System.nanoTime() - start < TIMEOUT.toNanos()) {
      Thread.sleep(5);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuMicros = (cpuNanos() - cpuStart) / 1e3 / reports;
    var total = gateway.uplinkTotal();
    Thread.sleep(500);
    counting = false;
    reader.join();
    System.out.printf(
        "%s: %d reports of %d bytes, offered %s, %.0f/s acknowledged after Kafka, missing %d,"
            + " returned %d, publisher refusals %d, CPU of all together %.0f us per report%n",
        name,
        reports,
        report("bench-0", 1, 0).length,
        ratePerSecond == 0 ? "unlimited" : ratePerSecond + "/s",
        reports / seconds,
        reports - (total.forwarded() - before),
        total.returned(),
        refused.get(),
        cpuMicros);
    System.out.printf(
        "%s: from intended send to read from Kafka, ms: p50 %.1f  p99 %.1f  p99.9 %.1f  max %.1f"
            + " (%d read)%n",
        name,
        latencyMicros.getValueAtPercentile(50) / 1e3,
        latencyMicros.getValueAtPercentile(99) / 1e3,
        latencyMicros.getValueAtPercentile(99.9) / 1e3,
        latencyMicros.getMaxValue() / 1e3,
        latencyMicros.getTotalCount());
  }

  /** CPU time of this process: comparable also where other programs use the machine. */
  private static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private void publish(MqttBroker broker, int number, long start) {
    try {
      MqttAsyncClient client =
          new MqttAsyncClient(broker.uri(), "bench-" + number, new MemoryPersistence());
      client.connect(new MqttConnectionOptions()).waitForCompletion(20_000);
      Semaphore window = new Semaphore(WINDOW);
      for (long i = number; i < reports; i += PUBLISHERS) {
        long intended =
            ratePerSecond == 0 ? System.nanoTime() : start + i * 1_000_000_000L / ratePerSecond;
        while (System.nanoTime() < intended) {
          LockSupport.parkNanos(Math.min(500_000, intended - System.nanoTime()));
        }
        window.acquire();
        String device = "bench-" + i % DEVICES;
        client.publish(
            Topics.up(device, Uplink.REPORT),
            report(device, i / DEVICES + 1, intended),
            1,
            false,
            null,
            new Release(window));
      }
      window.acquire(WINDOW);
      client.disconnect().waitForCompletion(20_000);
      client.close();
    } catch (Exception e) {
      throw new IllegalStateException("publisher " + number + " failed", e);
    }
  }

  private final class Release implements MqttActionListener {
    private final Semaphore window;

    private Release(Semaphore window) {
      this.window = window;
    }

    @Override
    public void onSuccess(IMqttToken token) {
      window.release();
    }

    @Override
    public void onFailure(IMqttToken token, Throwable cause) {
      refused.incrementAndGet();
      window.release();
    }
  }

  private void read(LocalKafka kafka) {
    try (var consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", kafka.bootstrapServers()),
            new StringDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.REPORTS).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToEnd(partitions);
      partitions.forEach(consumer::position);
      while (counting) {
        for (ConsumerRecord<String, byte[]> r : consumer.poll(Duration.ofMillis(100))) {
          long intended = Messages.REPORTS.decode(r.value()).getLearntTimeMs();
          latencyMicros.recordValue((System.nanoTime() - intended) / 1_000);
        }
      }
    } catch (io.fqtfleet.schemas.WireException e) {
      throw new IllegalStateException("an unreadable report reached Kafka", e);
    }
  }

  /** Counters as large as after weeks; the intended send time rides in a field of its size. */
  private static byte[] report(String device, long sequence, long intendedNanos) {
    TrainingReport report = new TrainingReport();
    fill(report, 1L << 33);
    LayerCounters layer = new LayerCounters();
    fill(layer, 1L << 33);
    report.put(field(report, "device"), device);
    report.put(field(report, "sequence"), sequence);
    report.put(field(report, "learntTimeMs"), intendedNanos);
    report.put(field(report, "layers"), List.of(layer, layer));
    return Messages.REPORTS.encode(report);
  }

  private static int field(SpecificRecord record, String name) {
    return record.getSchema().getField(name).pos();
  }

  private static void fill(SpecificRecord record, long number) {
    for (Schema.Field field : record.getSchema().getFields()) {
      switch (field.schema().getType()) {
        case INT -> record.put(field.pos(), 12_345);
        case LONG -> record.put(field.pos(), number);
        default -> {
          // Set by the caller, or null in the union.
        }
      }
    }
  }
}

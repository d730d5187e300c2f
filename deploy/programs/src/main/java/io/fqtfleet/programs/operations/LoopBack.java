package io.fqtfleet.programs.operations;

import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import io.fqtfleet.sim.link.DeviceLink;
import io.fqtfleet.sim.link.HiveMqLink;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * One report of a device that no cohort has, from MQTT to Kafka. The intake keeps it waiting for a
 * cohort for ever: nothing is decided on it.
 */
final class LoopBack {
  static final Duration TIMEOUT = Duration.ofSeconds(20);

  /** Records behind which the streams service is worth a word: some seconds of a large fleet. */
  static final double LAG_NOTED = 10_000;

  private static final String DEVICE = "fqt-doctor";
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  private static final Duration POLL = Duration.ofMillis(50);

  /**
   * @param acknowledged by the MQTT broker
   * @param arrived in Kafka
   * @param gatewayAheadMs its clock when it received the report, less ours when we had it back
   */
  record Outcome(boolean acknowledged, boolean arrived, long tookMs, long gatewayAheadMs) {}

  private final String kafka;
  private final InetSocketAddress broker;

  LoopBack(String kafka, InetSocketAddress broker) {
    this.kafka = kafka;
    this.broker = broker;
  }

  Outcome run() throws InterruptedException {
    Map<String, Object> config = Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka);
    byte[] payload = REPORTS.encode(report(System.currentTimeMillis()));
    CountDownLatch acknowledged = new CountDownLatch(1);
    try (var consumer =
            new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        DeviceLink link = new HiveMqLink(DEVICE, broker, 1)) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.REPORTS).stream()
              .map(p -> new TopicPartition(Topics.REPORTS, p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToEnd(partitions);
      partitions.forEach(consumer::position);
      long began = System.nanoTime();
      Outgoing report = new Outgoing(Uplink.REPORT, Topics.up(DEVICE, Uplink.REPORT), payload, 1);
      // The last will is the report once more: a repetition, which changes nothing.
      link.open(report, Topics.budget(DEVICE), new Publisher(link, report, acknowledged));
      while (System.nanoTime() - began < TIMEOUT.toNanos()) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          if (Arrays.equals(record.value(), payload)) {
            long tookMs = (System.nanoTime() - began) / 1_000_000;
            boolean taken = acknowledged.await(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            return new Outcome(taken, true, tookMs, ahead(record));
          }
        }
      }
      return new Outcome(acknowledged.getCount() == 0, false, 0, 0);
    }
  }

  private static long ahead(ConsumerRecord<byte[], byte[]> record) {
    Header received = record.headers().lastHeader(Headers.RECEIVED_AT);
    return received == null
        ? 0
        : Long.parseLong(new String(received.value(), StandardCharsets.UTF_8))
            - System.currentTimeMillis();
  }

  private record Publisher(DeviceLink link, Outgoing report, CountDownLatch acknowledged)
      implements DeviceLink.Listener {
    @Override
    public void connected() {
      link.publish(report, acknowledged::countDown);
    }

    @Override
    public void message(String topic, byte[] payload) {
      // A budget of a device that no cohort has: there is none.
    }
  }

  /** Each run is a boot of its own, so that none is taken for a repetition. */
  private static TrainingReport report(long nowMs) {
    return TrainingReport.newBuilder()
        .setDevice(DEVICE)
        .setBootCounter((int) (nowMs / 1000 & Integer.MAX_VALUE))
        .setBootNonce((int) nowMs)
        .setSequence(1)
        .setUptimeMs(1)
        .setLearntTimeMs(0)
        .setSamplesSeen(0)
        .setSamplesLabelled(0)
        .setSamplesCorrect(0)
        .setSamplesTrained(0)
        .setLossSum(0)
        .setLossSquareSum(0)
        .setLossMin(0)
        .setLossMax(0)
        .setConfidenceSum(0)
        .setConfidenceSquareSum(0)
        .setInputCount(0)
        .setInputSum(0)
        .setInputSquareSum(0)
        .setInputMin(0)
        .setInputMax(0)
        .setFirstLayer(0)
        .setLayers(List.of())
        .setMacsForward(0)
        .setMacsBackward(0)
        .setEnergyMicroJoule(0)
        .setBudgetVersion(0)
        .build();
  }
}

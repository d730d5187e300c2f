package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.utils.Utils;

/**
 * As many instances of the topology as there are partitions, each with the cohorts that Kafka's
 * default partitioner gives it. What an instance writes of its cohorts, all others read, as they do
 * through the global store.
 */
final class PartitionedRig implements AutoCloseable, FleetStory.Rig {
  private final int partitions;
  private final Map<Integer, DriverRig> rigs = new TreeMap<>();
  private final Map<DriverRig, Integer> toldOf = new java.util.HashMap<>();
  private final Map<String, DriverRig> byDevice = new TreeMap<>();

  PartitionedRig(int partitions) {
    this.partitions = partitions;
  }

  private DriverRig of(String cohort) {
    byte[] key = cohort.getBytes(StandardCharsets.UTF_8);
    int partition = Utils.toPositive(Utils.murmur2(key)) % partitions;
    return rigs.computeIfAbsent(partition, p -> new DriverRig());
  }

  int used() {
    return rigs.size();
  }

  @Override
  public void send(DeviceStatus status, long atMs) {
    byDevice.computeIfAbsent(status.getDevice(), d -> of(status.getCohort())).send(status, atMs);
  }

  @Override
  public void send(TrainingReport report, long atMs) {
    byDevice.get(report.getDevice()).send(report, atMs);
  }

  @Override
  public void send(BudgetAck ack, long atMs) {
    byDevice.get(ack.getDevice()).send(ack, atMs);
  }

  @Override
  public void advance(long ms) {
    rigs.values().forEach(rig -> rig.advance(ms));
    for (DriverRig from : rigs.values()) {
      List<ProducerRecord<String, byte[]>> all = from.written(Topics.COHORTS);
      int told = toldOf.getOrDefault(from, 0);
      for (ProducerRecord<String, byte[]> health : all.subList(told, all.size())) {
        rigs.values().stream()
            .filter(to -> to != from)
            .forEach(
                to -> to.send(Topics.COHORTS, health.key(), health.value(), health.timestamp()));
      }
      toldOf.put(from, all.size());
    }
  }

  @Override
  public List<UpdateBudget> freshBudgets() {
    List<UpdateBudget> fresh = new ArrayList<>();
    rigs.values().forEach(rig -> fresh.addAll(rig.freshBudgets()));
    return fresh;
  }

  /** All that the instances wrote to a topic, sorted. */
  List<String> lines(String topic) {
    return rigs.values().stream().flatMap(rig -> rig.lines(topic).stream()).sorted().toList();
  }

  @Override
  public void close() {
    rigs.values().forEach(DriverRig::close);
  }
}

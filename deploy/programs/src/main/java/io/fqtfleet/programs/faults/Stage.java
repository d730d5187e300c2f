package io.fqtfleet.programs.faults;

import io.fqtfleet.localstack.ArtemisProcess;
import io.fqtfleet.localstack.FaultyProxy;
import io.fqtfleet.localstack.KafkaCluster;
import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.localstack.MqttBrokerProcess;
import io.fqtfleet.programs.faults.FaultScenario.Shape;
import io.fqtfleet.programs.faults.FaultScenario.SmallDisk;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * Brokers and gateways as processes, with a proxy before each broker that only the gateways go
 * through.
 *
 * <pre>
 *   devices -----------> MQTT broker <-- brokerWire -- gateways -- kafkaWire --> Kafka
 *   observers (reports, budgets) --------------------------------------------->
 * </pre>
 */
final class Stage implements AutoCloseable {
  private static final int MASTER_KEY_BYTES = 32;
  private static final long SMALL_DISK_BYTES = 96L << 20;

  private final Shape shape;
  private final Path directory;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final byte[] masterKey = new byte[MASTER_KEY_BYTES];
  private final KafkaCluster kafka;
  private final MqttBrokerProcess broker;
  private final FaultyProxy brokerWire;
  private final List<FaultyProxy> kafkaWires = new ArrayList<>();
  private final List<GatewayProcess> gateways = new ArrayList<>();
  private SmallDirectory smallDisk;
  private FalseClock clock;
  private StreamsWatch streams;

  /** Returns when reports can flow. */
  Stage(Shape shape, String brokerName, Path directory) throws InterruptedException {
    this.shape = shape;
    this.directory = directory;
    new SecureRandom().nextBytes(masterKey);
    try {
      if (shape.smallDisk() != SmallDisk.NONE) {
        smallDisk = opened(new SmallDirectory(directory.resolve("small"), SMALL_DISK_BYTES));
      }
      if (shape.steppedClock()) {
        clock = new FalseClock(directory.resolve("clock"));
      }
      kafka = opened(newKafka());
      broker = opened(newBroker(brokerName));
      brokerWire = opened(new FaultyProxy(broker.port()));
      broker.start();
      kafka.start();
      for (int n = 0; n < shape.gateways(); n++) {
        addGateway();
      }
      gateways.forEach(GatewayProcess::awaitReady);
      if (shape.streams()) {
        streams = opened(new StreamsWatch(kafka.directServers(), directory.resolve("streams")));
      }
    } catch (RuntimeException | InterruptedException e) {
      close();
      throw e;
    }
  }

  private <T extends AutoCloseable> T opened(T part) {
    started.push(part);
    return part;
  }

  private KafkaCluster newKafka() {
    KafkaCluster cluster =
        new KafkaCluster(directory.resolve("kafka"), shape.kafkaNodes(), List.of());
    for (int n = 0; n < shape.kafkaNodes(); n++) {
      FaultyProxy wire = opened(new FaultyProxy(cluster.port(n)));
      kafkaWires.add(wire);
      cluster.advertise(n, wire.port());
    }
    if (shape.smallDisk() == SmallDisk.KAFKA) {
      cluster.log(0, smallDisk.path().resolve("log"));
    }
    return cluster;
  }

  private MqttBrokerProcess newBroker(String name) {
    Path home = directory.resolve("mqtt");
    Path messages = shape.smallDisk() == SmallDisk.BROKER ? smallDisk.path().resolve("mqtt") : home;
    return name.equals("mosquitto")
        ? new MosquittoBroker(messages)
        : new ArtemisProcess(home, messages.resolve("journal"), List.of());
  }

  /** One more gateway; it is being started when this returns. */
  GatewayProcess addGateway() {
    GatewayProcess gateway =
        new GatewayProcess(
            "gateway-" + gateways.size(),
            directory,
            "tcp://127.0.0.1:" + brokerWire.port(),
            List.of(),
            kafka.bootstrapServers(),
            masterKey,
            clock == null ? Map.of() : clock.environment());
    gateways.add(opened(gateway));
    gateway.launch();
    return gateway;
  }

  Shape shape() {
    return shape;
  }

  KafkaCluster kafka() {
    return kafka;
  }

  MqttBrokerProcess broker() {
    return broker;
  }

  /** Between the gateways and the MQTT broker. */
  FaultyProxy brokerWire() {
    return brokerWire;
  }

  /** Between the gateways and Kafka's nodes. */
  List<FaultyProxy> kafkaWires() {
    return kafkaWires;
  }

  GatewayProcess gateway(int n) {
    return gateways.get(n);
  }

  List<GatewayProcess> gateways() {
    return gateways;
  }

  SmallDirectory smallDisk() {
    return smallDisk;
  }

  FalseClock clock() {
    return clock;
  }

  /** Null unless the shape has streams. */
  StreamsWatch streams() {
    return streams;
  }

  byte[] masterKey() {
    return masterKey.clone();
  }

  InetSocketAddress brokerAddress() {
    return new InetSocketAddress("127.0.0.1", broker.port());
  }

  @Override
  public void close() {
    while (!started.isEmpty()) {
      AutoCloseable part = started.pop();
      try {
        part.close();
      } catch (Exception e) {
        // The rest must still be stopped.
        System.err.println("fleet: " + part.getClass().getSimpleName() + " did not stop: " + e);
      }
    }
  }
}

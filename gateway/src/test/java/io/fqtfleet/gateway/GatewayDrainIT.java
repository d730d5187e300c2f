package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.localstack.LoopbackPorts;
import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.schemas.Topics;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The gateway's process and signals, under load. */
class GatewayDrainIT extends BrokersFixture {
  /** The JVM's own end on a busy machine comes on top of the gateway's limit. */
  private static final long LIMIT_MS = GatewayMain.DRAIN_LIMIT_MS + 1_500;

  private static final int DEVICES = 20;

  private final LoadedDevices load = new LoadedDevices();
  private final List<Process> processes = new ArrayList<>();

  @Override
  MqttBroker broker(Path directory) {
    return MosquittoBroker.available()
        ? new MosquittoBroker(directory)
        : new LocalMqttBroker(directory);
  }

  @AfterEach
  void stopProcesses() {
    load.close();
    processes.forEach(Process::destroyForcibly);
  }

  /** A gateway in a process of its own. */
  private final class Running {
    private final Process process;
    private final int port = LoopbackPorts.free();
    private final Path output;

    Running(String name) throws IOException {
      Path file = directory.resolve(name + ".yaml");
      output = directory.resolve(name + ".out");
      Files.writeString(
          file,
          """
          mqtt: {uri: "%s", retryMin: 100ms, retryMax: 1s}
          kafka: {bootstrapServers: "%s", partitions: 4}
          uplink: {sessions: 4, window: 64, ownershipTimeout: 3s}
          keys: {masterKey: "%s"}
          ops: {port: %d}
          """
              .formatted(broker.uri(), kafka.bootstrapServers(), MASTER_KEY, port));
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx256m",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  GatewayMain.class.getName(),
                  file.toString())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      processes.add(process);
    }

    Running ready() throws Exception {
      awaitMetric("fqt_gateway_ready", 1);
      return this;
    }

    /** Milliseconds until the sum of a metric's lines is this. */
    long awaitMetric(String name, long expected) throws Exception {
      long began = System.nanoTime();
      long sum = -1;
      while (sum != expected) {
        assertTrue(process.isAlive(), () -> "it ended: " + said());
        assertTrue(
            System.nanoTime() - began < Duration.ofSeconds(90).toNanos(),
            name + " is " + sum + ", not " + expected + ": " + said());
        Thread.sleep(20);
        sum = sum(name);
      }
      return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    }

    private long sum(String name) throws InterruptedException {
      try {
        URI uri = URI.create("http://127.0.0.1:" + port + "/metrics");
        return HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
            .body()
            .lines()
            .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
            .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' '))))
            .sum();
      } catch (IOException e) {
        return -1;
      }
    }

    /** Milliseconds until the process has ended. */
    long awaitEnd() throws InterruptedException {
      long began = System.nanoTime();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), () -> "it goes on: " + said());
      return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    }

    private String said() {
      try {
        return Files.readString(output);
      } catch (IOException e) {
        return e.toString();
      }
    }
  }

  private long duplicates(String prefix, int reportsEach) {
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.REPORTS)) {
      return tail.assertAllInOrder(prefix, DEVICES, reportsEach);
    }
  }

  @Test
  void aDrainedGatewayRepeatsNothingAndItsNeighbourTakesOverAtOnce() throws Exception {
    Running first = new Running("first").ready();
    Running second = new Running("second").ready();
    second.awaitMetric("fqt_gateway_session_serving", SESSIONS / 2);
    first.awaitMetric("fqt_gateway_session_serving", SESSIONS / 2);
    List<Future<?>> sending = load.publish(broker.uri(), "calm-", DEVICES, 150, 5);
    Thread.sleep(700);

    first.process.destroy();
    long takenOver = second.awaitMetric("fqt_gateway_session_serving", SESSIONS);
    first.awaitEnd();
    assertEquals(0, first.process.exitValue(), first::said);
    LoadedDevices.join(sending);

    assertEquals(0, duplicates("calm-", 150), "reports that came twice");
    System.out.printf(
        "takeover after SIGTERM: %d ms from the signal until the neighbour serves all%n",
        takenOver);
    assertTrue(takenOver < LIMIT_MS, "taken over after " + takenOver + " ms");
  }

  @Test
  void itEndsInTimeWhileKafkaIsAwayAndASecondSignalEndsItAtOnce() throws Exception {
    Running first = new Running("first").ready();
    Running second = new Running("second").ready();
    List<Future<?>> sending = load.publish(broker.uri(), "away-", DEVICES, 60, 5);
    Thread.sleep(500);
    kafka.stop();
    Thread.sleep(500);

    first.process.destroy();
    long drained = first.awaitEnd();
    System.out.printf("end after SIGTERM while Kafka is away: %d ms%n", drained);
    assertTrue(drained < LIMIT_MS, "ended after " + drained + " ms");

    second.process.destroy();
    Thread.sleep(300);
    assertTrue(second.process.isAlive(), "it does not wait for Kafka's confirmations");
    second.process.destroy();
    long ended = second.awaitEnd();
    assertEquals(130, second.process.exitValue(), second::said);
    assertTrue(ended < 1_500, "ended " + ended + " ms after the second signal");

    kafka.start();
    new Running("third").ready();
    LoadedDevices.join(sending);
    duplicates("away-", 60);
  }

  @Test
  void aKilledGatewaysSessionsMoveAfterTheOwnershipTimeout() throws Exception {
    Running first = new Running("first").ready();
    Running second = new Running("second").ready();
    second.awaitMetric("fqt_gateway_session_serving", SESSIONS / 2);
    first.awaitMetric("fqt_gateway_session_serving", SESSIONS / 2);
    List<Future<?>> sending = load.publish(broker.uri(), "killed-", DEVICES, 100, 5);
    Thread.sleep(700);
    first.process.destroyForcibly();
    long takenOver = second.awaitMetric("fqt_gateway_session_serving", SESSIONS);
    System.out.printf(
        "takeover after SIGKILL: %d ms, uplink.ownershipTimeout being 3000 ms%n", takenOver);
    LoadedDevices.join(sending);
    duplicates("killed-", 100);
  }
}

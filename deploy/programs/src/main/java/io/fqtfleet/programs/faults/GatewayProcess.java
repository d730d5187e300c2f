package io.fqtfleet.programs.faults;

import io.fqtfleet.gateway.GatewayMain;
import io.fqtfleet.localstack.ChildJvm;
import io.fqtfleet.localstack.LoopbackPorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A gateway as it is installed: its own process, its own configuration file. */
final class GatewayProcess implements AutoCloseable {
  private static final long START_TIMEOUT_MS = 90_000;
  private static final Duration HTTP_TIMEOUT = Duration.ofSeconds(2);
  private static final int OK = 200;

  /** The gateway's group may move a dead one's sessions after this. */
  static final Duration OWNERSHIP_TIMEOUT = Duration.ofSeconds(3);

  /** A record that Kafka has not confirmed by then has failed. */
  static final Duration DELIVERY_TIMEOUT = Duration.ofSeconds(5);

  private final String name;
  private final Path directory;
  private final String configuration;
  private final Map<String, String> environment;
  private final int opsPort = LoopbackPorts.free();
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(HTTP_TIMEOUT).build();
  private ChildJvm process;

  /**
   * @param mqttUri of the broker, or of a proxy in front of it
   * @param more lines of {@code mqtt:}, such as TLS
   */
  GatewayProcess(
      String name,
      Path directory,
      String mqttUri,
      List<String> more,
      String bootstrapServers,
      byte[] masterKey,
      Map<String, String> environment) {
    this.name = name;
    this.directory = directory;
    this.environment = environment;
    StringBuilder mqtt = new StringBuilder();
    more.forEach(line -> mqtt.append("\n  ").append(line));
    configuration =
        """
        mqtt:
          uri: %s
          keepAlive: 5s
          timeout: 5s
          retryMin: 100ms
          retryMax: 1s%s
        kafka:
          bootstrapServers: %s
          partitions: 4
          deliveryTimeout: %dms
        uplink:
          sessions: 4
          window: 128
          ownershipTimeout: %dms
        keys:
          masterKey: %s
        ops:
          port: %d
        """
            .formatted(
                mqttUri,
                mqtt,
                bootstrapServers,
                DELIVERY_TIMEOUT.toMillis(),
                OWNERSHIP_TIMEOUT.toMillis(),
                java.util.HexFormat.of().formatHex(masterKey),
                opsPort);
  }

  /** The program in the process: configuration file. */
  static final class Main {
    private Main() {}

    public static void main(String[] args) throws InterruptedException {
      ChildJvm.endWithParent();
      GatewayMain.main(args);
    }
  }

  /** Starts it and returns at once. */
  void launch() {
    Path file = directory.resolve(name + ".yaml");
    try {
      Files.createDirectories(directory);
      Files.writeString(file, configuration);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
    process =
        new ChildJvm(
            new ChildJvm.Program(
                name,
                Main.class,
                List.of("-Xmx384m"),
                List.of(file.toString()),
                environment,
                directory.resolve(name + ".out")));
  }

  /** Waits until it serves all that is its own. */
  void awaitReady() {
    process.await(this::ready, START_TIMEOUT_MS);
  }

  boolean ready() {
    return OK == get("/readyz").statusCode();
  }

  private record Answer(int statusCode, String body) {}

  private Answer get(String path) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + opsPort + path))
              .timeout(HTTP_TIMEOUT)
              .build();
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.body());
    } catch (IOException e) {
      return new Answer(0, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer(0, e.toString());
    }
  }

  /** The sum of a counter over all its labels; 0 if it is not there. */
  double metric(String metric) {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(metric + " ") || line.startsWith(metric + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  boolean alive() {
    return process != null && process.alive();
  }

  void kill() {
    process.kill();
  }

  void pause() {
    process.pause();
  }

  void resume() {
    process.resume();
  }

  /** In good order. */
  void stop() {
    process.stop();
  }

  @Override
  public void close() {
    if (alive()) {
      // The scenario is over: nobody is interested in its farewell.
      process.kill();
    }
  }
}

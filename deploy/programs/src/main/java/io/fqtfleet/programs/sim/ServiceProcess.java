package io.fqtfleet.programs.sim;

import io.fqtfleet.gateway.GatewayMain;
import io.fqtfleet.localstack.ChildJvm;
import io.fqtfleet.localstack.LoopbackPorts;
import io.fqtfleet.streams.StreamsMain;
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

/** A gateway or streams as it is installed: a process of its own with a configuration file. */
final class ServiceProcess implements AutoCloseable {
  private static final long START_TIMEOUT_MS = 120_000;
  private static final Duration HTTP_TIMEOUT = Duration.ofSeconds(2);
  private static final int OK = 200;

  private final int opsPort = LoopbackPorts.free();
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(HTTP_TIMEOUT).build();
  private final ChildJvm process;

  /** Starts it and returns at once. */
  private ServiceProcess(
      String name, Class<?> main, Path directory, String configuration, List<String> options) {
    Path file = directory.resolve(name + ".yaml");
    try {
      Files.createDirectories(directory);
      Files.writeString(file, configuration + "ops:\n  port: " + opsPort + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
    process =
        new ChildJvm(
            new ChildJvm.Program(
                name,
                main,
                options,
                List.of(file.toString()),
                Map.of(),
                directory.resolve(name + ".out")));
  }

  static ServiceProcess gateway(Path directory, String configuration, List<String> options) {
    return new ServiceProcess("gateway", GatewayChild.class, directory, configuration, options);
  }

  static ServiceProcess streams(Path directory, String configuration, List<String> options) {
    return new ServiceProcess("streams", StreamsChild.class, directory, configuration, options);
  }

  /** The gateway's program, which ends with its parent. */
  static final class GatewayChild {
    private GatewayChild() {}

    public static void main(String[] args) throws InterruptedException {
      ChildJvm.endWithParent();
      GatewayMain.main(args);
    }
  }

  /** The program of streams, which ends with its parent. */
  static final class StreamsChild {
    private StreamsChild() {}

    public static void main(String[] args) throws InterruptedException {
      ChildJvm.endWithParent();
      StreamsMain.main(args);
    }
  }

  /** Waits until it serves. */
  void awaitReady() {
    process.await(this::ready, START_TIMEOUT_MS);
  }

  private boolean ready() {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + opsPort + "/readyz"))
              .timeout(HTTP_TIMEOUT)
              .build();
      return OK == http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  long pid() {
    return process.pid();
  }

  /** The run is over: nobody is interested in its farewell. */
  @Override
  public void close() {
    if (process.alive()) {
      process.kill();
    }
  }
}

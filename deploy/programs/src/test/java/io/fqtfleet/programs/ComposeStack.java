package io.fqtfleet.programs;

import io.fqtfleet.localstack.LoopbackPorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One project of deploy/compose on free ports, through the launcher's own functions. */
final class ComposeStack {
  private static final int OK = 200;
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(5);

  private final String project = "fqt-it-" + ProcessHandle.current().pid();
  private final int kafka = LoopbackPorts.free();
  private final int mqtt = LoopbackPorts.free();
  private final int gateway = LoopbackPorts.free();
  private final int streams = LoopbackPorts.free();
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(PROBE_TIMEOUT).build();
  private final Map<String, String> environment;

  ComposeStack(String masterKeyHex) {
    environment =
        Map.of(
            "FQT_KAFKA_PORT", Integer.toString(kafka),
            "FQT_MQTT_PORT", Integer.toString(mqtt),
            "FQT_GATEWAY_PORT", Integer.toString(gateway),
            "FQT_STREAMS_PORT", Integer.toString(streams),
            "FQT_GATEWAY_KEYS_MASTER_KEY", masterKeyHex);
  }

  String bootstrapServers() {
    return "127.0.0.1:" + kafka;
  }

  int mqttPort() {
    return mqtt;
  }

  /** Builds the images of gateway and streams, if they changed, and starts all four. */
  void up() throws IOException {
    launcher("service_images");
    compose("up", "--detach");
  }

  void down() throws IOException {
    compose("down", "--volumes");
  }

  boolean ready() {
    return answers(gateway) && answers(streams);
  }

  List<String> containers() throws IOException {
    return compose("ps", "--quiet").lines().filter(line -> line.matches("[0-9a-f]{12,}")).toList();
  }

  String userOf(String container) throws IOException {
    return run("docker", "inspect", "--format", "{{.Config.User}}", container).strip();
  }

  /** Published ports that are not bound to 127.0.0.1; empty if there are none. */
  String openPortsOf(String container) throws IOException {
    String bound =
        "{{range .HostConfig.PortBindings}}{{range .}}{{.HostIp}}:{{.HostPort}} {{end}}{{end}}";
    return run("docker", "inspect", "--format", bound, container)
        .strip()
        .replaceAll("127\\.0\\.0\\.1:[0-9]+ ?", "");
  }

  /** What the engine still holds of this project. */
  String left() throws IOException {
    String ofProject = "label=com.docker.compose.project=" + project;
    return run("docker", "ps", "--all", "--quiet", "--filter", ofProject)
        + run("docker", "network", "ls", "--quiet", "--filter", ofProject)
        + run("docker", "volume", "ls", "--quiet", "--filter", ofProject);
  }

  String logs() {
    try {
      return compose("logs", "--no-color", "--tail=60");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean answers(int port) {
    URI uri = URI.create("http://127.0.0.1:" + port + "/readyz");
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(PROBE_TIMEOUT).build();
    try {
      return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == OK;
    } catch (IOException e) {
      // Not yet.
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private String compose(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("compose", "--project-name", project));
    all.addAll(List.of(arguments));
    return launcher(all.toArray(String[]::new));
  }

  private String launcher(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Home.find().root().resolve("deploy/compose/containers.sh").toString());
    command.addAll(List.of(arguments));
    return run(command.toArray(String[]::new));
  }

  private String run(String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", command) + " failed: " + said);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted: " + String.join(" ", command), e);
    }
    return said;
  }
}

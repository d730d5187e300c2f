package io.fqtfleet.localstack.container;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Whether containers can be had here. The launcher ({@code deploy/fleet containers}) starts an
 * engine and names two images in the environment: official ones, or stand-ins of the same contract.
 */
public final class ContainerEngine {
  private static final String KAFKA_IMAGE = "FQT_KAFKA_IMAGE";
  private static final String MOSQUITTO_IMAGE = "FQT_MOSQUITTO_IMAGE";
  private static final long ANSWER_TIMEOUT_S = 20;

  /** Where Testcontainers' client reads which version of the engine's API to speak. */
  private static final String API_VERSION = "api.version";

  /** Without a word on it the client asks for 1.44, which engines before Docker 25 refuse. */
  private static final int API_MINOR_MAX = 44;

  private ContainerEngine() {}

  /** Why there are no containers, and the remedy; empty if there are. */
  public static Optional<String> missing() {
    for (String image : new String[] {KAFKA_IMAGE, MOSQUITTO_IMAGE}) {
      if (System.getenv(image) == null) {
        return Optional.of(
            "no container image is named in %s; 'deploy/fleet containers COMMAND' sees to it"
                .formatted(image));
      }
    }
    Optional<String> version = apiVersion();
    if (version.isEmpty()) {
      return Optional.of("no container engine answers 'docker version'");
    }
    if (System.getProperty(API_VERSION) == null) {
      System.setProperty(API_VERSION, spoken(version.get()));
    }
    return Optional.empty();
  }

  static String kafkaImage() {
    return image(KAFKA_IMAGE);
  }

  static String mosquittoImage() {
    return image(MOSQUITTO_IMAGE);
  }

  private static String image(String variable) {
    missing()
        .ifPresent(
            cause -> {
              throw new IllegalStateException(cause);
            });
    return System.getenv(variable);
  }

  /** The engine's own version, but none that is newer than what the client knows. */
  static String spoken(String engines) {
    int minor = Integer.parseInt(engines.substring(engines.indexOf('.') + 1));
    return "1." + Math.min(minor, API_MINOR_MAX);
  }

  private static Optional<String> apiVersion() {
    try {
      Process process =
          new ProcessBuilder("docker", "version", "--format", "{{.Server.APIVersion}}")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      process.getOutputStream().close();
      if (!process.waitFor(ANSWER_TIMEOUT_S, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return Optional.empty();
      }
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return said.matches("1\\.[0-9]{1,3}") ? Optional.of(said) : Optional.empty();
    } catch (IOException e) {
      // There is no docker program: the same as no engine.
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}

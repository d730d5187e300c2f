package io.fqtfleet.gateway;

import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.gateway.mqtt.PahoMqttLink;
import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.StrictYaml;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.KafkaException;

/**
 * Runs one gateway from a configuration file until it is stopped, only checks the file, or changes
 * the number of sessions ({@code drain}).
 *
 * <p>Exit codes: 0 done; 1 it failed; 2 the command line or the configuration is wrong, also where
 * it contradicts the brokers; 3 a broker could not be reached ({@code --check-config} and {@code
 * drain}).
 */
public final class GatewayMain {
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int WRONG = 2;
  private static final int UNREACHABLE = 3;

  /**
   * From the signal to the end of the process. Sum of the steps' own limits: 1.5 s for Kafka's
   * confirmations, 0.5 s for MQTT's farewell, 2 s to leave the groups, 0.5 s for the producer.
   */
  static final long DRAIN_LIMIT_MS = 5_000;

  private static final String DRAIN = "drain";
  private static final String SESSIONS = "--sessions";
  private static final String CHECK = "--check-config";

  private GatewayMain() {}

  public static void main(String[] args) throws InterruptedException {
    System.exit(run(List.of(args)));
  }

  /** Returns the exit code. */
  static int run(List<String> args) throws InterruptedException {
    boolean check = args.size() == 2 && args.get(1).equals(CHECK);
    boolean drain = !args.isEmpty() && args.get(0).equals(DRAIN);
    if (drain && (args.size() == 2 || args.size() == 4 && args.get(2).equals(SESSIONS))) {
      return checked(Path.of(args.get(1)), c -> drain(c, args.size() == 4 ? args.get(3) : null));
    }
    if (drain || args.size() != 1 && !check) {
      System.err.println(
          """
          usage: gateway CONFIG.yaml [%s]
                 gateway %s CONFIG.yaml [%s N]   (keys: gateway/README.md)"""
              .formatted(CHECK, DRAIN, SESSIONS));
      return WRONG;
    }
    return checked(Path.of(args.get(0)), c -> check ? check(c) : serve(new Gateway(c)));
  }

  /** What is done with a configuration. */
  private interface Action {
    int run(GatewayConfig config) throws InterruptedException;
  }

  private static int checked(Path file, Action action) throws InterruptedException {
    try {
      GatewayConfig config =
          StrictYaml.read(
              file, GatewayConfig.class, System.getenv(), GatewayConfig.ENVIRONMENT_PREFIX);
      EffectiveConfig.of(config).forEach((key, value) -> System.out.println(key + ": " + value));
      return action.run(config);
    } catch (ConfigException e) {
      System.err.println(e.getMessage());
      return WRONG;
    } catch (IllegalStateException e) {
      System.err.println(e.getMessage());
      return FAILED;
    }
  }

  private static int drain(GatewayConfig config, String sessions) throws InterruptedException {
    int wanted;
    try {
      wanted = sessions == null ? config.uplink().sessions() : Integer.parseInt(sessions);
      new GatewayConfig.Uplink(wanted, null, null, null, null);
    } catch (IllegalArgumentException e) {
      System.err.println("--sessions " + sessions + " is not a number of 1..64");
      return WRONG;
    }
    System.out.println();
    try {
      new SessionDrain(config, PahoMqttLink::new, wanted, System.out::println).run();
      return OK;
    } catch (SessionDrain.RefusedException e) {
      System.err.println(e.getMessage());
      return WRONG;
    } catch (MqttLinkException | KafkaException e) {
      System.err.println(
          "not finished: %s. Nothing is lost; run it again.".formatted(e.getMessage()));
      return UNREACHABLE;
    }
  }

  private static int check(GatewayConfig config) throws InterruptedException {
    System.out.println();
    return switch (new Preflight(config, PahoMqttLink::new, System.out).run()) {
      case FINE -> OK;
      case UNREACHABLE -> UNREACHABLE;
      case WRONG -> WRONG;
    };
  }

  private static int serve(Gateway gateway) throws InterruptedException {
    Thread atExit = new Thread(() -> drain(gateway), "fqt-gateway-stop");
    Runtime.getRuntime().addShutdownHook(atExit);
    StopSignals.install();
    gateway.start();
    gateway.awaitEnd();
    if (gateway.failure().isPresent()) {
      Runtime.getRuntime().removeShutdownHook(atExit);
      gateway.close();
      System.err.println(gateway.failure().get().getMessage());
      return FAILED;
    }
    return OK;
  }

  /** Ends the process itself where the gateway doesn't end in time. */
  private static void drain(Gateway gateway) {
    Thread watch =
        new Thread(
            () -> {
              try {
                Thread.sleep(DRAIN_LIMIT_MS);
              } catch (InterruptedException e) {
                return;
              }
              System.err.println(
                  "not drained in %d ms; what is unacknowledged comes again"
                      .formatted(DRAIN_LIMIT_MS));
              Runtime.getRuntime().halt(FAILED);
            },
            "fqt-gateway-stop-limit");
    watch.setDaemon(true);
    watch.start();
    gateway.close();
    watch.interrupt();
  }
}

package io.fqtfleet.gateway;

import io.fqtfleet.gateway.mqtt.PahoMqttLink;
import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.StrictYaml;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs one gateway from a configuration file until it is stopped, or only checks the file.
 *
 * <p>Exit codes: 0 done; 1 it failed; 2 the command line or the configuration is wrong, also where
 * it contradicts the brokers; 3 a broker could not be reached ({@code --check-config} only).
 */
public final class GatewayMain {
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int WRONG = 2;
  private static final int UNREACHABLE = 3;
  private static final String CHECK = "--check-config";

  private GatewayMain() {}

  public static void main(String[] args) throws InterruptedException {
    System.exit(run(List.of(args)));
  }

  /** Returns the exit code. */
  static int run(List<String> args) throws InterruptedException {
    boolean check = args.size() == 2 && args.get(1).equals(CHECK);
    if (args.size() != 1 && !check) {
      System.err.println(
          "usage: gateway CONFIG.yaml [%s]   (keys: gateway/README.md)".formatted(CHECK));
      return WRONG;
    }
    try {
      GatewayConfig config =
          StrictYaml.read(
              Path.of(args.get(0)),
              GatewayConfig.class,
              System.getenv(),
              GatewayConfig.ENVIRONMENT_PREFIX);
      EffectiveConfig.of(config).forEach((key, value) -> System.out.println(key + ": " + value));
      return check ? check(config) : serve(new Gateway(config));
    } catch (ConfigException e) {
      System.err.println(e.getMessage());
      return WRONG;
    } catch (IllegalStateException e) {
      System.err.println(e.getMessage());
      return FAILED;
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
    Thread atExit = new Thread(gateway::close, "fqt-gateway-stop");
    Runtime.getRuntime().addShutdownHook(atExit);
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
}

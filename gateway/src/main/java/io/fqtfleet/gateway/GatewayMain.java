package io.fqtfleet.gateway;

import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.StrictYaml;
import java.nio.file.Path;

/** Runs one gateway from a configuration file until it is stopped. */
public final class GatewayMain {
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private GatewayMain() {}

  public static void main(String[] args) throws InterruptedException {
    System.exit(run(args));
  }

  private static int run(String[] args) throws InterruptedException {
    if (args.length != 1) {
      System.err.println("usage: gateway CONFIG.yaml   (keys: gateway/README.md)");
      return USAGE;
    }
    GatewayConfig config;
    try {
      config =
          StrictYaml.read(
              Path.of(args[0]),
              GatewayConfig.class,
              System.getenv(),
              GatewayConfig.ENVIRONMENT_PREFIX);
    } catch (ConfigException e) {
      System.err.println(e.getMessage());
      return USAGE;
    }
    EffectiveConfig.of(config).forEach((key, value) -> System.out.println(key + ": " + value));
    try {
      return serve(new Gateway(config));
    } catch (ConfigException | IllegalStateException e) {
      System.err.println(e.getMessage());
      return FAILED;
    }
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

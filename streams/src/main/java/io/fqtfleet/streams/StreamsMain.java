package io.fqtfleet.streams;

import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.StrictYaml;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** Runs the service from a configuration file until the process is asked to end. */
public final class StreamsMain {
  private static final int BAD_CONFIGURATION = 2;

  private StreamsMain() {}

  public static void main(String[] args) throws InterruptedException {
    if (args.length != 1) {
      System.err.println("usage: streams CONFIG.yaml; the README lists the settings");
      System.exit(BAD_CONFIGURATION);
    }
    StreamsSettings settings;
    try {
      settings =
          StrictYaml.read(
              Path.of(args[0]),
              StreamsSettings.class,
              System.getenv(),
              StreamsSettings.ENVIRONMENT_PREFIX);
    } catch (ConfigException e) {
      System.err.println(e.getMessage());
      System.exit(BAD_CONFIGURATION);
      return;
    }
    StreamsService service = new StreamsService(settings);
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  service.close();
                  ended.countDown();
                },
                "streams-shutdown"));
    service.start();
    ended.await();
  }
}

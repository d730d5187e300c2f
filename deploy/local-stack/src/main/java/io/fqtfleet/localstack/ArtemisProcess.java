package io.fqtfleet.localstack;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** {@link LocalMqttBroker} with its journal in a process of its own. */
public final class ArtemisProcess implements MqttBrokerProcess {
  private static final long START_TIMEOUT_MS = 60_000;

  private final Path directory;
  private final Path journal;
  private final int port = LoopbackPorts.free();
  private final List<String> jvmOptions;
  private ChildJvm process;

  /**
   * @param directory of its output
   * @param journal of its messages, may lie elsewhere
   */
  public ArtemisProcess(Path directory, Path journal, List<String> jvmOptions) {
    this.directory = directory.toAbsolutePath();
    this.journal = journal.toAbsolutePath();
    this.jvmOptions = List.copyOf(jvmOptions);
  }

  /** The program in the process: directory, port. */
  static final class Main {
    private Main() {}

    public static void main(String[] args) throws InterruptedException {
      ChildJvm.endWithParent();
      LocalMqttBroker broker =
          new LocalMqttBroker(Path.of(args[0]), Integer.parseInt(args[1]), true);
      Runtime.getRuntime().addShutdownHook(new Thread(broker::stop, "stop-artemis"));
      broker.start();
      Thread.currentThread().join();
    }
  }

  @Override
  public String name() {
    return "artemis";
  }

  @Override
  public void start() {
    if (alive()) {
      return;
    }
    LoopbackPorts.requireFree(port, "Artemis");
    List<String> options = new java.util.ArrayList<>(List.of("-Xmx512m"));
    options.addAll(jvmOptions);
    process =
        new ChildJvm(
            new ChildJvm.Program(
                "Artemis",
                Main.class,
                options,
                List.of(journal.toString(), Integer.toString(port)),
                Map.of(),
                directory.resolve("artemis.out")));
    process.await(() -> LoopbackPorts.accepts(port), START_TIMEOUT_MS);
  }

  @Override
  public void stop() {
    if (alive()) {
      process.close();
    }
  }

  @Override
  public void kill() {
    process.kill();
  }

  @Override
  public void pause() {
    process.pause();
  }

  @Override
  public void resume() {
    process.resume();
  }

  @Override
  public boolean alive() {
    return process != null && process.alive();
  }

  @Override
  public long pid() {
    if (process == null) {
      throw new IllegalStateException("Artemis does not run");
    }
    return process.pid();
  }

  @Override
  public int port() {
    return port;
  }
}

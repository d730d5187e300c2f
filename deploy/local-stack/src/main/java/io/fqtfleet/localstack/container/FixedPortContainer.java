package io.fqtfleet.localstack.container;

import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import io.fqtfleet.localstack.LoopbackPorts;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.utility.DockerImageName;

/**
 * One container, published on one port of 127.0.0.1 for its whole life, that can be stopped and
 * started again with its files. Testcontainers alone would remove what it stops and publish on
 * another port each time.
 */
final class FixedPortContainer implements AutoCloseable {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final int STOP_TIMEOUT_S = 20;
  private static final long POLL_MS = 50;

  private final String name;
  private final GenericContainer<?> container;
  private final Network network = Network.newNetwork();
  private final BooleanSupplier serves;
  private boolean running;

  /**
   * @param inside port that the program in the container listens on
   * @param outside port of 127.0.0.1
   * @param user under which it runs
   * @param setUp environment and files
   * @param serves true when clients are served: the published port accepts connections earlier
   */
  FixedPortContainer(
      String image,
      int inside,
      int outside,
      String user,
      UnaryOperator<GenericContainer<?>> setUp,
      BooleanSupplier serves) {
    this.name = image;
    this.serves = serves;
    PortBinding binding =
        new PortBinding(
            Ports.Binding.bindIpAndPort(LoopbackPorts.HOST, outside), ExposedPort.tcp(inside));
    this.container =
        setUp
            .apply(new GenericContainer<>(DockerImageName.parse(image)))
            .withNetwork(network)
            .withCreateContainerCmdModifier(
                command ->
                    command
                        .withUser(user)
                        .withExposedPorts(binding.getExposedPort())
                        .getHostConfig()
                        .withPortBindings(binding));
  }

  synchronized void start() {
    if (running) {
      return;
    }
    if (container.getContainerId() == null) {
      container.start();
    } else {
      container.getDockerClient().startContainerCmd(container.getContainerId()).exec();
    }
    running = true;
    awaitServing();
  }

  synchronized void stop() {
    if (running) {
      container
          .getDockerClient()
          .stopContainerCmd(container.getContainerId())
          .withTimeout(STOP_TIMEOUT_S)
          .exec();
      running = false;
    }
  }

  /** As kill -9. */
  synchronized void kill() {
    if (running) {
      container.getDockerClient().killContainerCmd(container.getContainerId()).exec();
      running = false;
    }
  }

  /** Freezes all its processes; connections stay open and nobody answers. */
  synchronized void pause() {
    container.getDockerClient().pauseContainerCmd(container.getContainerId()).exec();
  }

  synchronized void resume() {
    container.getDockerClient().unpauseContainerCmd(container.getContainerId()).exec();
  }

  /** Removes the container, its files and its network. */
  @Override
  public synchronized void close() {
    running = false;
    try {
      container.stop();
    } finally {
      network.close();
    }
  }

  private void awaitServing() {
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    while (!serves.getAsBoolean()) {
      boolean ended = !container.isRunning();
      if (ended || System.nanoTime() > deadline) {
        String said = container.getLogs();
        close();
        throw new IllegalStateException(
            "the container of %s %s; it said: %s"
                .formatted(name, ended ? "ended" : "serves nobody after " + START_TIMEOUT, said));
      }
      try {
        Thread.sleep(POLL_MS);
      } catch (InterruptedException e) {
        close();
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while " + name + " started", e);
      }
    }
  }
}

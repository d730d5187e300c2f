package io.fqtfleet.localstack.container;

import io.fqtfleet.localstack.LoopbackPorts;
import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.localstack.MqttBroker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HexFormat;
import org.testcontainers.images.builder.Transferable;

/** Eclipse Mosquitto in a container, with the limits of {@link MosquittoBroker}. */
public final class ContainerMosquitto implements MqttBroker {
  private static final int INSIDE = 1883;
  private static final String USER = "1883";
  private static final int PROBE_TIMEOUT_MS = 1_000;

  /** CONNECT of MQTT 3.1.1, clean session, no client id, keep alive 10 s. */
  private static final byte[] CONNECT = HexFormat.of().parseHex("100c00044d5154540402000a0000");

  private static final int CONNACK = 0x20;

  private final int port;
  private final FixedPortContainer container;

  /** On a free port. */
  public ContainerMosquitto() {
    this.port = LoopbackPorts.free();
    String configuration = MosquittoBroker.containerConfiguration(INSIDE, "/mosquitto/data");
    this.container =
        new FixedPortContainer(
            ContainerEngine.mosquittoImage(),
            INSIDE,
            port,
            USER,
            image ->
                image.withCopyToContainer(
                    Transferable.of(configuration), "/mosquitto/config/mosquitto.conf"),
            this::serves);
  }

  @Override
  public String name() {
    return "mosquitto-container";
  }

  @Override
  public void start() {
    container.start();
  }

  @Override
  public void stop() {
    container.stop();
  }

  /** As kill -9: what was not saved is lost. */
  public void kill() {
    container.kill();
  }

  /** Freezes the broker: it keeps its connections and answers nobody. */
  public void pause() {
    container.pause();
  }

  public void resume() {
    container.resume();
  }

  @Override
  public int port() {
    return port;
  }

  /** Also removes sessions, queues and retained messages. */
  @Override
  public void close() {
    container.close();
  }

  private boolean serves() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(LoopbackPorts.HOST, port), PROBE_TIMEOUT_MS);
      socket.setSoTimeout(PROBE_TIMEOUT_MS);
      socket.getOutputStream().write(CONNECT);
      return socket.getInputStream().read() == CONNACK;
    } catch (IOException e) {
      return false;
    }
  }
}

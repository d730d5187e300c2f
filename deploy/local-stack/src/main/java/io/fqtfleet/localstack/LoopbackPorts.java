package io.fqtfleet.localstack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Chooses and checks TCP ports on 127.0.0.1. */
public final class LoopbackPorts {
  public static final String HOST = "127.0.0.1";

  /**
   * Below the kernel's range for outgoing connections (32768 and up on Linux): while a broker is
   * stopped, a client that retries its port could otherwise be given that very port as its own and
   * connect to itself.
   */
  private static final int FIRST = 20_000;

  private static final int LAST = 31_999;
  private static final int MAX_ATTEMPTS = 200;

  private LoopbackPorts() {}

  /** A port that nobody listens on at this moment. */
  public static int free() {
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, LAST + 1);
      if (isFree(port)) {
        return port;
      }
    }
    throw new IllegalStateException(
        "no free port found on %s in %d..%d after %d attempts; stop programs that listen there"
            .formatted(HOST, FIRST, LAST, MAX_ATTEMPTS));
  }

  /**
   * The port itself, or a free one for 0.
   *
   * @throws IllegalArgumentException if it is no port number
   */
  static int choose(int port) {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + " is not in 0..65535 (0 = any free one)");
    }
    return port == 0 ? free() : port;
  }

  /** Stops with the remedy if somebody listens on the port. */
  static void requireFree(int port, String user) {
    if (!isFree(port)) {
      throw new PortBusyException(port, user);
    }
  }

  /** True if something on 127.0.0.1 accepts connections on the port. */
  static boolean accepts(int port) {
    try (var socket = new java.net.Socket()) {
      socket.connect(new InetSocketAddress(HOST, port), 500);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(HOST), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}

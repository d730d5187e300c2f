package io.fqtfleet.localstack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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

  /**
   * What {@link #free} gave, each held by a bound socket that does not listen: a server that sets
   * SO_REUSEADDR (all of ours do) can still listen there, now and after each restart, but nobody is
   * given the port a second time.
   */
  private static final Map<Integer, SocketChannel> HELD = new ConcurrentHashMap<>();

  private LoopbackPorts() {}

  /** A port that nobody has at this moment; never given again while this JVM runs. */
  public static synchronized int free() {
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, LAST + 1);
      if (!HELD.containsKey(port) && isFree(port, false) && hold(port)) {
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
    if (!isFree(port, true)) {
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

  /**
   * @param shared whether a port that is only held, as by {@link #free}, counts as free
   */
  private static boolean isFree(int port, boolean shared) {
    try (SocketChannel socket = bound(port, shared)) {
      return socket.isOpen();
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean hold(int port) {
    try {
      HELD.put(port, bound(port, true));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Never listens: who waits for a server on the port would take a look at it for the server. */
  private static SocketChannel bound(int port, boolean shared) throws IOException {
    SocketChannel socket = SocketChannel.open();
    try {
      socket.setOption(StandardSocketOptions.SO_REUSEADDR, shared);
      socket.bind(new InetSocketAddress(InetAddress.getByName(HOST), port));
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}

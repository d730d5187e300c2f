package io.fqtfleet.sim.link;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transparent modem of an emulator that only listens: connects to the emulator's line and to a
 * server, and passes bytes both ways unchanged. When one side ends, both are connected anew.
 *
 * <pre>
 *   connecting ──both up──> passing ──one side ends──> pause ──> connecting      close: gone
 * </pre>
 */
final class StreamBridge implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamBridge.class);
  private static final int RECONNECT_MS = 1_000;
  private static final int CONNECT_TIMEOUT_MS = 5_000;
  private static final int CHUNK_BYTES = 4_096;

  private final String name;
  private final InetSocketAddress line;
  private final InetSocketAddress server;
  private final Thread thread;
  private volatile boolean closed;
  private volatile Socket lineSocket;
  private volatile Socket serverSocket;

  /** Starts; both ends may come up later. */
  StreamBridge(String name, InetSocketAddress line, InetSocketAddress server) {
    this.name = name;
    this.line = line;
    this.server = server;
    this.thread = new Thread(this::run, "bridge-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    while (!closed) {
      try (Socket toLine = connect(line)) {
        lineSocket = toLine;
        try (Socket toServer = connect(server)) {
          serverSocket = toServer;
          pass(toLine, toServer);
        }
      } catch (IOException e) {
        LOG.debug("bridge={} {}", name, e.toString());
      }
      pause();
    }
  }

  private static Socket connect(InetSocketAddress address) throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.connect(
          new InetSocketAddress(address.getHostString(), address.getPort()), CONNECT_TIMEOUT_MS);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private void pass(Socket toLine, Socket toServer) throws IOException {
    Thread upward = new Thread(() -> copy(toLine, toServer), "bridge-" + name + "-up");
    upward.setDaemon(true);
    upward.start();
    copy(toServer, toLine);
  }

  /** Until the end of {@code from}; then both are closed, so that the other direction ends too. */
  private void copy(Socket from, Socket to) {
    byte[] bytes = new byte[CHUNK_BYTES];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
        to.getOutputStream().write(bytes, 0, n);
      }
    } catch (IOException e) {
      LOG.debug("bridge={} a side ended: {}", name, e.toString());
    }
  }

  private void pause() {
    try {
      Thread.sleep(closed ? 0 : RECONNECT_MS);
    } catch (InterruptedException e) {
      closed = true;
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    for (Socket socket : new Socket[] {lineSocket, serverSocket}) {
      try {
        if (socket != null) {
          socket.close();
        }
      } catch (IOException e) {
        LOG.debug("bridge={} closing: {}", name, e.toString());
      }
    }
  }
}

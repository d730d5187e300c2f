package io.fqtfleet.sim.link;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A TCP line to a broker that a test can cut. */
final class CuttableLine implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile boolean open = true;

  CuttableLine(int target) throws IOException {
    this.target = target;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon(this::accept);
  }

  InetSocketAddress address() {
    return new InetSocketAddress("127.0.0.1", server.getLocalPort());
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        connect(server.accept());
      } catch (IOException e) {
        // the line was closed for good
      }
    }
  }

  /** A connection that does not come about is closed at once, as by a broker that is not there. */
  private void connect(Socket near) throws IOException {
    Socket far = null;
    try {
      far = open ? new Socket(InetAddress.getLoopbackAddress(), target) : null;
    } finally {
      if (far == null) {
        near.close();
      }
    }
    if (far != null) {
      Socket broker = far;
      sockets.addAll(List.of(near, broker));
      daemon(() -> pump(near, broker));
      daemon(() -> pump(broker, near));
    }
  }

  private static void pump(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      in.transferTo(out);
    } catch (IOException e) {
      // cut
    }
  }

  /** Cuts all connections and refuses new ones. */
  void cut() throws IOException {
    open = false;
    for (Socket socket : sockets) {
      socket.close();
    }
    sockets.clear();
  }

  void mend() {
    open = true;
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "line");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    server.close();
    cut();
  }
}

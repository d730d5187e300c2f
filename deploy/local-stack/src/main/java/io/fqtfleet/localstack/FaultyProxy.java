package io.fqtfleet.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A TCP proxy on 127.0.0.1 that can misbehave as networks do. A change holds for all connections at
 * once, those that are open too.
 *
 * <pre>
 *   forward     bytes go through, after the set delay, at the set rate, with the set damage
 *   refuse      nobody listens, open connections are reset
 *   stall       connections stay open and are accepted, no byte moves; later all of them arrive
 *   blackHole   connections stay open and are accepted, every byte is swallowed
 * </pre>
 *
 * <p>After {@link #blackHole} a connection that has lost bytes is reset by {@link #forward}: its
 * peers could never agree again on where a message begins.
 */
public final class FaultyProxy implements AutoCloseable {
  private static final int CONNECT_TIMEOUT_MS = 2_000;
  private static final int BACKLOG = 200;

  /** What happens to bytes. */
  enum Mode {
    FORWARD,
    STALL,
    BLACK_HOLE
  }

  private final int port;
  private final int target;
  private final WireConditions conditions = new WireConditions();
  private final Set<ProxiedConnection> open = ConcurrentHashMap.newKeySet();
  private ServerSocket listening;
  private Thread accepting;
  private boolean closed;

  /** Listens on a free port and forwards to {@code target} on the same address. */
  public FaultyProxy(int target) {
    this.target = target;
    this.port = LoopbackPorts.free();
    listen();
  }

  public int port() {
    return port;
  }

  /** Connections that are open at this moment. */
  public int connections() {
    return open.size();
  }

  /** Bytes that came in and did not go out: swallowed by a black hole. */
  public long swallowedBytes() {
    return conditions.swallowed();
  }

  /** Bits that were turned over. */
  public long damagedBits() {
    return conditions.damaged();
  }

  /** All goes through at once and whole; ends every other state. */
  public synchronized void forward() {
    conditions.clear();
    open.stream().filter(ProxiedConnection::hasLostBytes).forEach(ProxiedConnection::reset);
    conditions.mode(Mode.FORWARD);
    listen();
  }

  /** Nobody listens any more, and open connections are reset. */
  public synchronized void refuse() {
    stopListening();
    cut();
  }

  /** Connections live on, but no byte moves; none is lost. */
  public void stall() {
    conditions.mode(Mode.STALL);
  }

  /** Connections live on and take all bytes; none arrives. */
  public void blackHole() {
    conditions.mode(Mode.BLACK_HOLE);
  }

  /** Resets every open connection (RST); new ones are welcome. */
  public void cut() {
    open.forEach(ProxiedConnection::reset);
  }

  /** Each byte arrives this much later, in both directions. */
  public void delay(long ms) {
    conditions.delayMs(ms);
  }

  /** All connections together carry this much, in each direction; 0 = no limit. */
  public void throttle(long bytesPerSecond) {
    conditions.bytesPerSecond(bytesPerSecond);
  }

  /**
   * Turns over one random bit in about every {@code bytes} bytes, in both directions; 0 = none.
   *
   * @param seed the same one damages the same bytes of the same traffic
   */
  public void corrupt(long bytes, long seed) {
    conditions.corrupt(bytes, seed);
  }

  @Override
  public synchronized void close() {
    closed = true;
    stopListening();
    cut();
    // Threads that wait for movement end.
    conditions.mode(Mode.FORWARD);
  }

  private synchronized void listen() {
    if (closed || listening != null) {
      return;
    }
    try {
      ServerSocket socket = new ServerSocket();
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(LoopbackPorts.HOST), port), BACKLOG);
      listening = socket;
      accepting = daemon("proxy-" + port, () -> accept(socket));
    } catch (IOException e) {
      throw new UncheckedIOException("the proxy cannot listen on port " + port, e);
    }
  }

  /** The kernel goes on listening until the thread that waits for the next client has woken. */
  private void stopListening() {
    ServerSocket socket = listening;
    listening = null;
    if (socket != null) {
      quietly(socket);
      awaitEnd(accepting);
    }
  }

  private static void awaitEnd(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void accept(ServerSocket from) {
    while (!from.isClosed()) {
      try {
        Socket client = from.accept();
        // Connecting may take long; the next client must not wait for it.
        daemon("proxy-" + port + "-connect", () -> join(client, from));
      } catch (IOException e) {
        // Closed by stopListening, or the client left before it was accepted.
        continue;
      }
    }
  }

  private void join(Socket client, ServerSocket from) {
    Socket server = new Socket();
    try {
      server.connect(new InetSocketAddress(LoopbackPorts.HOST, target), CONNECT_TIMEOUT_MS);
    } catch (IOException e) {
      if (conditions.mode() == Mode.FORWARD) {
        quietly(server);
        resetting(client);
        return;
      }
      server = new Socket();
    }
    ProxiedConnection connection = new ProxiedConnection(client, server, conditions, open::remove);
    open.add(connection);
    connection.start("proxy-" + port);
    if (from.isClosed()) {
      connection.reset();
    }
  }

  static Thread daemon(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  static void resetting(Socket socket) {
    try {
      // With a linger time of 0 closing sends RST.
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // It is closed already.
    }
    quietly(socket);
  }

  static void quietly(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      // There is nothing to be done about a socket that does not close.
    }
  }
}

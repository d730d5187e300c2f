package io.fqtfleet.localstack;

import io.fqtfleet.localstack.FaultyProxy.Mode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Two sockets and what flows between them: in each direction one thread reads and one writes, so
 * that a delay does not cost throughput.
 */
final class ProxiedConnection {
  private static final int CHUNK_BYTES = 8 << 10;

  /** Chunks under way in one direction: with a full queue TCP holds the sender back. */
  private static final int CHUNKS_MAX = 256;

  private static final long ROOM_POLL_MS = 200;
  private static final int UP = 0;
  private static final int DOWN = 1;
  private static final Chunk END = new Chunk(new byte[0], 0, 0);

  /** Bytes that may leave at {@code dueNanos}. */
  private record Chunk(byte[] bytes, int length, long dueNanos) {}

  private final Socket client;
  private final Socket server;
  private final WireConditions conditions;
  private final Consumer<ProxiedConnection> ended;
  private volatile boolean lostBytes;
  private volatile boolean reset;

  ProxiedConnection(
      Socket client, Socket server, WireConditions conditions, Consumer<ProxiedConnection> ended) {
    this.client = client;
    this.server = server;
    this.conditions = conditions;
    this.ended = ended;
  }

  void start(String name) {
    try {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
    } catch (SocketException e) {
      reset();
      return;
    }
    pump(name + "-up", UP, client, server);
    // A black hole in front of a dead server: there is nobody to read from.
    if (server.isConnected()) {
      pump(name + "-down", DOWN, server, client);
    }
  }

  /** Bytes were swallowed, or the other side was never there. */
  boolean hasLostBytes() {
    return lostBytes || !server.isConnected();
  }

  void reset() {
    reset = true;
    FaultyProxy.resetting(client);
    FaultyProxy.resetting(server);
    ended.accept(this);
  }

  private void pump(String name, int direction, Socket from, Socket to) {
    BlockingQueue<Chunk> underWay = new ArrayBlockingQueue<>(CHUNKS_MAX);
    FaultyProxy.daemon(name + "-in", () -> read(from, underWay));
    FaultyProxy.daemon(name + "-out", () -> write(direction, to, underWay));
  }

  private void read(Socket from, BlockingQueue<Chunk> underWay) {
    try {
      InputStream in = from.getInputStream();
      byte[] bytes = new byte[CHUNK_BYTES];
      for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
        long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(conditions.delayMs());
        put(underWay, new Chunk(Arrays.copyOf(bytes, n), n, due));
      }
      put(underWay, END);
    } catch (IOException e) {
      reset();
      underWay.clear();
      underWay.offer(END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for room, which never comes once the connection is reset. */
  private void put(BlockingQueue<Chunk> underWay, Chunk chunk) throws InterruptedException {
    while (!underWay.offer(chunk, ROOM_POLL_MS, TimeUnit.MILLISECONDS) && !reset) {
      continue;
    }
  }

  private void write(int direction, Socket to, BlockingQueue<Chunk> underWay) {
    try {
      for (Chunk chunk = underWay.take(); chunk != END && !reset; chunk = underWay.take()) {
        sleepNanos(chunk.dueNanos - System.nanoTime());
        sleepNanos(conditions.reserve(direction, chunk.length));
        if (conditions.awaitMovement() == Mode.BLACK_HOLE) {
          lostBytes = true;
          conditions.swallow(chunk.length);
          continue;
        }
        if (reset || hasLostBytes()) {
          break;
        }
        conditions.damage(chunk.bytes, chunk.length);
        OutputStream out = to.getOutputStream();
        out.write(chunk.bytes, 0, chunk.length);
        out.flush();
      }
      if (conditions.awaitMovement() == Mode.BLACK_HOLE) {
        // The farewell is swallowed too.
        lostBytes = true;
      } else if (!reset) {
        halfClose(to);
      }
    } catch (IOException e) {
      reset();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      reset();
    }
  }

  /** The end of one direction goes through; both together end the connection. */
  private void halfClose(Socket to) throws IOException {
    if (!to.isClosed()) {
      to.shutdownOutput();
    }
    if (client.isOutputShutdown() && server.isOutputShutdown()) {
      FaultyProxy.quietly(client);
      FaultyProxy.quietly(server);
      ended.accept(this);
    }
  }

  private static void sleepNanos(long nanos) throws InterruptedException {
    if (nanos > 0) {
      TimeUnit.NANOSECONDS.sleep(nanos);
    }
  }
}

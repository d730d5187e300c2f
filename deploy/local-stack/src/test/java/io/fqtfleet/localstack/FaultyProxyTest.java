package io.fqtfleet.localstack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The proxy in front of a server that sends back whatever it gets. */
class FaultyProxyTest {
  private static final long SEED = 11;
  private static final int READ_TIMEOUT_MS = 10_000;
  private static final int SILENCE_MS = 300;

  private ServerSocket echo;
  private FaultyProxy proxy;

  @BeforeEach
  void start() throws IOException {
    echo = new ServerSocket(0, 50, InetAddress.getByName(LoopbackPorts.HOST));
    FaultyProxy.daemon("echo", this::serve);
    proxy = new FaultyProxy(echo.getLocalPort());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    echo.close();
  }

  private void serve() {
    while (!echo.isClosed()) {
      try {
        Socket socket = echo.accept();
        FaultyProxy.daemon(
            "echo-one",
            () -> {
              try (socket) {
                socket.getInputStream().transferTo(socket.getOutputStream());
              } catch (IOException e) {
                assertTrue(true, "reset by the proxy");
              }
            });
      } catch (IOException e) {
        return;
      }
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(LoopbackPorts.HOST, proxy.port());
    socket.setSoTimeout(READ_TIMEOUT_MS);
    return socket;
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(SEED).nextBytes(bytes);
    return bytes;
  }

  /** Nothing comes back for a while, and the connection stays open. */
  private static void assertSilent(Socket socket, byte[] bytes) throws IOException {
    socket.setSoTimeout(SILENCE_MS);
    assertThrows(SocketTimeoutException.class, () -> echoed(socket, bytes));
    socket.setSoTimeout(READ_TIMEOUT_MS);
  }

  private static byte[] echoed(Socket socket, byte[] bytes) throws IOException {
    FaultyProxy.daemon(
        "send",
        () -> {
          try {
            socket.getOutputStream().write(bytes);
          } catch (IOException e) {
            assertTrue(true, "the reader sees it too");
          }
        });
    return socket.getInputStream().readNBytes(bytes.length);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "not within 5 s");
      Thread.sleep(5);
    }
  }

  @Test
  void forwardsAllBytesBothWaysAndTheEndOfAStream() throws Exception {
    byte[] sent = random(1 << 20);
    try (Socket socket = connect()) {
      assertArrayEquals(sent, echoed(socket, sent), "seed " + SEED);
      socket.shutdownOutput();
      assertEquals(-1, socket.getInputStream().read());
    }
    await(() -> proxy.connections() == 0);
  }

  @Test
  void refusesNewConnectionsResetsOldOnesAndComesBack() throws Exception {
    try (Socket socket = connect()) {
      echoed(socket, random(10));
      proxy.refuse();
      assertThrows(SocketException.class, () -> socket.getInputStream().read());
      assertThrows(IOException.class, this::connect);
    }
    proxy.forward();
    try (Socket socket = connect()) {
      assertArrayEquals(random(10), echoed(socket, random(10)));
    }
  }

  @Test
  void aStallHoldsBytesBackAndLosesNone() throws Exception {
    try (Socket socket = connect()) {
      echoed(socket, random(10));
      proxy.stall();
      assertSilent(socket, random(10));
      proxy.forward();
      assertArrayEquals(random(10), socket.getInputStream().readNBytes(10));
    }
  }

  @Test
  void aBlackHoleSwallowsKeepsConnectionsOpenAndResetsThemAfterwards() throws Exception {
    try (Socket old = connect();
        Socket quiet = connect()) {
      echoed(old, random(10));
      echoed(quiet, random(10));
      proxy.blackHole();
      try (Socket fresh = connect()) {
        assertSilent(old, random(20));
        assertSilent(fresh, random(20));
        await(() -> proxy.swallowedBytes() == 40);
        proxy.forward();
        assertThrows(SocketException.class, () -> old.getInputStream().read());
        assertThrows(SocketException.class, () -> fresh.getInputStream().read());
      }
      assertArrayEquals(random(10), echoed(quiet, random(10)), "it has lost nothing");
    }
  }

  @Test
  void cutsWithAResetAndTakesNewConnections() throws Exception {
    try (Socket socket = connect()) {
      echoed(socket, random(10));
      proxy.cut();
      assertThrows(SocketException.class, () -> socket.getInputStream().read());
    }
    try (Socket socket = connect()) {
      assertArrayEquals(random(10), echoed(socket, random(10)));
    }
  }

  @Test
  void delaysEachByteWithoutLosingThroughput() throws Exception {
    proxy.delay(60);
    byte[] sent = random(1 << 20);
    try (Socket socket = connect()) {
      long began = System.nanoTime();
      assertArrayEquals(sent, echoed(socket, sent), "seed " + SEED);
      long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
      assertTrue(ms >= 120, ms + " ms for two ways of 60 ms");
      assertTrue(ms < 3_000, ms + " ms: the delay was paid per chunk");
    }
  }

  @Test
  void throttlesToTheGivenRate() throws Exception {
    proxy.throttle(200_000);
    byte[] sent = random(100_000);
    try (Socket socket = connect()) {
      long began = System.nanoTime();
      assertArrayEquals(sent, echoed(socket, sent));
      long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
      assertTrue(ms >= 400, ms + " ms for 100 kB at 200 kB/s, less a burst");
    }
  }

  @Test
  void corruptsSingleBitsAtAboutTheGivenDistance() throws Exception {
    proxy.corrupt(1_000, SEED);
    byte[] sent = random(100_000);
    try (Socket socket = connect()) {
      byte[] came = echoed(socket, sent);
      assertEquals(sent.length, came.length);
      int differing = 0;
      for (int i = 0; i < sent.length; i++) {
        int bits = Integer.bitCount((sent[i] ^ came[i]) & 0xFF);
        assertTrue(bits <= 2, "at most one bit in each direction");
        differing += bits > 0 ? 1 : 0;
      }
      assertTrue(differing > 100 && differing < 300, differing + " bytes of two times 100");
      assertNotEquals(0, proxy.damagedBits());
    }
    proxy.forward();
    try (Socket socket = connect()) {
      assertArrayEquals(sent, echoed(socket, sent), "whole again");
    }
  }

  @Test
  void aServerThatIsGoneLooksLikeAResetAndInABlackHoleLikeNothing() throws Exception {
    echo.close();
    try (Socket socket = connect()) {
      assertThrows(SocketException.class, () -> socket.getInputStream().read());
    }
    proxy.blackHole();
    try (Socket socket = connect()) {
      assertSilent(socket, random(5));
      assertFalse(socket.isClosed());
      proxy.forward();
      assertThrows(SocketException.class, () -> socket.getInputStream().read());
    }
  }
}

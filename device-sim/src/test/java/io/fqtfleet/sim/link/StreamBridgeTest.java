package io.fqtfleet.sim.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;

/** Bytes both ways, unchanged, and a new pair of connections when one side ends. */
class StreamBridgeTest {
  private static final byte[] EVERY_BYTE = new byte[256];

  static {
    for (int i = 0; i < EVERY_BYTE.length; i++) {
      EVERY_BYTE[i] = (byte) i;
    }
  }

  private static InetSocketAddress address(ServerSocket server) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort());
  }

  private static ServerSocket listen() throws IOException {
    ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    server.setSoTimeout(10_000);
    return server;
  }

  private static void passes(Socket from, Socket to) throws IOException {
    from.getOutputStream().write(EVERY_BYTE);
    to.setSoTimeout(10_000);
    assertArrayEquals(EVERY_BYTE, to.getInputStream().readNBytes(EVERY_BYTE.length));
  }

  @Test
  void passesBytesBothWaysAndReconnects() throws IOException {
    try (ServerSocket line = listen();
        ServerSocket broker = listen();
        StreamBridge bridge = new StreamBridge("test", address(line), address(broker))) {
      for (int connection = 0; connection < 2; connection++) {
        try (Socket device = line.accept();
            Socket server = broker.accept()) {
          passes(device, server);
          passes(server, device);
          server.close();
          device.setSoTimeout(10_000);
          assertEquals(-1, device.getInputStream().read(), "the device sees the end");
        }
      }
      bridge.close();
    }
  }
}

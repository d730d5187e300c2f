package io.fqtfleet.localstack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoopbackPortsTest {
  @TempDir Path directory;

  @Test
  void freePortsLieBelowTheRangeOfOutgoingConnections() {
    for (int i = 0; i < 50; i++) {
      int port = LoopbackPorts.free();
      assertTrue(port >= 20_000 && port < 32_768, "port " + port);
      assertFalse(LoopbackPorts.accepts(port));
    }
  }

  @Test
  void noPortIsGivenTwiceAndItsServerMayListenAgainAndAgain() throws Exception {
    Set<Integer> given = new HashSet<>();
    for (int i = 0; i < 300; i++) {
      assertTrue(given.add(LoopbackPorts.free()), "given twice");
    }
    int port = given.iterator().next();
    for (int start = 0; start < 3; start++) {
      try (ServerSocket server = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
        assertTrue(LoopbackPorts.accepts(server.getLocalPort()));
      }
      LoopbackPorts.requireFree(port, "the next server");
    }
  }

  @Test
  void lookingWhetherAPortIsFreeNeverAcceptsAConnection() throws Exception {
    int port = LoopbackPorts.free();
    Thread looking =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                LoopbackPorts.requireFree(port, "the server to come");
              }
            });
    looking.start();
    try {
      for (int i = 0; i < 2_000; i++) {
        assertFalse(LoopbackPorts.accepts(port), "accepted at attempt " + i);
      }
    } finally {
      looking.interrupt();
      looking.join();
    }
  }

  @Test
  void aBusyPortIsNamedTogetherWithTheRemedy() throws Exception {
    try (ServerSocket holder =
        new ServerSocket(LoopbackPorts.free(), 1, InetAddress.getByName("127.0.0.1"))) {
      int port = holder.getLocalPort();
      assertBusy(port, () -> new LocalKafka(directory, port).start());
      assertBusy(port, () -> new LocalMqttBroker(directory, port, false).start());
      if (MosquittoBroker.available()) {
        assertBusy(port, () -> new MosquittoBroker(directory, port).start());
      }
    }
  }

  private static void assertBusy(int port, Runnable start) {
    PortBusyException refused = assertThrows(PortBusyException.class, start::run);
    assertEquals(port, refused.port());
    assertTrue(refused.getMessage().contains("127.0.0.1:" + port), refused.getMessage());
    assertTrue(refused.getMessage().contains("choose another port"), refused.getMessage());
  }

  @Test
  void anImpossiblePortIsRefused() {
    var refused = assertThrows(IllegalArgumentException.class, () -> LoopbackPorts.choose(65_536));
    assertTrue(refused.getMessage().contains("65536"), refused.getMessage());
  }
}

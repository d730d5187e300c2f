package io.fqtfleet.sim.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is lost and repeated on purpose is known, and only reports are. */
class LossyLinkTest {
  /** Remembers what it was given and acknowledges at once. */
  private static final class FakeLink implements DeviceLink {
    final List<Outgoing> given = new ArrayList<>();

    @Override
    public void open(Outgoing lastWill, String subscription, Listener listener) {
      listener.connected();
    }

    @Override
    public boolean hasRoom() {
      return true;
    }

    @Override
    public void publish(Outgoing message, Runnable onAcked) {
      given.add(message);
      onAcked.run();
    }

    @Override
    public int inFlight() {
      return 0;
    }

    @Override
    public boolean isConnected() {
      return true;
    }

    @Override
    public void leave(Outgoing farewell) {
      given.add(farewell);
    }

    @Override
    public void close() {
      given.clear();
    }
  }

  @Test
  void reportsAreDroppedAndRepeatedInTheirSharesAndAccountedFor() {
    FakeLink fake = new FakeLink();
    List<Long> dropped = new ArrayList<>();
    List<Long> acked = new ArrayList<>();
    LossyLink lossy =
        new LossyLink(fake, 0.2, 0.1, report -> dropped.add(report.reportSequence()), 5);
    for (long n = 1; n <= 5000; n++) {
      long sequence = n;
      lossy.publish(
          new Outgoing(Uplink.REPORT, "t", new byte[0], sequence), () -> acked.add(sequence));
    }
    assertEquals(5000, dropped.size() + acked.size());
    assertEquals(1000, dropped.size(), 100);
    assertEquals(500, fake.given.size() - acked.size(), 80);
  }

  @Test
  void birthsAndAcknowledgementsAlwaysPass() {
    FakeLink fake = new FakeLink();
    LossyLink lossy = new LossyLink(fake, 0.5, 0.5, report -> {}, 5);
    for (int n = 0; n < 100; n++) {
      lossy.publish(new Outgoing(Uplink.STATUS, "t", new byte[0], 0), () -> {});
      lossy.publish(new Outgoing(Uplink.ACK, "t", new byte[0], 0), () -> {});
    }
    assertEquals(200, fake.given.size());
    assertTrue(fake.given.get(0).retained());
  }
}

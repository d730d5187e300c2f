package io.fqtfleet.sim.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
        new LossyLink(
            fake, new LossyLink.Shares(0.2, 0.1, 0, 0), witness(dropped, new ArrayList<>()), 5);
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
    LossyLink lossy =
        new LossyLink(
            fake,
            new LossyLink.Shares(0.4, 0.3, 0.3, 1),
            witness(new ArrayList<>(), new ArrayList<>()),
            5);
    for (int n = 0; n < 100; n++) {
      lossy.publish(new Outgoing(Uplink.STATUS, "t", new byte[0], 0), () -> {});
      lossy.publish(new Outgoing(Uplink.ACK, "t", new byte[0], 0), () -> {});
    }
    assertEquals(200, fake.given.size());
    assertTrue(fake.given.get(0).retained());
  }

  @Test
  void lateReportsComeOnceAndCountAsInFlightUntilThen() throws InterruptedException {
    FakeLink fake = new FakeLink();
    CountDownLatch acked = new CountDownLatch(1);
    LossyLink lossy =
        new LossyLink(
            fake,
            new LossyLink.Shares(0, 0, 1, 50),
            witness(new ArrayList<>(), new ArrayList<>()),
            5);
    lossy.publish(new Outgoing(Uplink.REPORT, "t", new byte[0], 1), acked::countDown);
    assertTrue(lossy.inFlight() >= 1 || acked.getCount() == 0);
    assertTrue(acked.await(30, TimeUnit.SECONDS));
    assertEquals(1, fake.given.size());
  }

  private static LossyLink.Witness witness(List<Long> dropped, List<Long> repeated) {
    return new LossyLink.Witness() {
      @Override
      public void dropped(Outgoing report) {
        dropped.add(report.reportSequence());
      }

      @Override
      public void repeated(Outgoing report) {
        repeated.add(report.reportSequence());
      }
    };
  }
}

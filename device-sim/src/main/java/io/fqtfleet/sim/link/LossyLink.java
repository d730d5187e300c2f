package io.fqtfleet.sim.link;

import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import io.fqtfleet.sim.signal.Chance;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A link that loses and repeats reports on purpose, before the broker has seen them: what radio
 * modems do. Only reports: their counters are cumulative, so a lost one costs no samples.
 */
public final class LossyLink implements DeviceLink {
  private final DeviceLink link;
  private final double dropShare;
  private final double repeatShare;
  private final Chance chance;
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong repeated = new AtomicLong();

  public LossyLink(DeviceLink link, double dropShare, double repeatShare, long seed) {
    this.link = link;
    this.dropShare = dropShare;
    this.repeatShare = repeatShare;
    this.chance = new Chance(Chance.seed(seed, "loss"));
  }

  @Override
  public void publish(Outgoing message, Runnable onAcked) {
    if (message.kind() == Uplink.REPORT) {
      double fate = chance.uniform();
      if (fate < dropShare) {
        dropped.incrementAndGet();
        return;
      }
      if (fate < dropShare + repeatShare) {
        repeated.incrementAndGet();
        link.publish(message, () -> {});
      }
    }
    link.publish(message, onAcked);
  }

  /** Reports that were lost on purpose. */
  public long dropped() {
    return dropped.get();
  }

  /** Reports that were sent twice on purpose. */
  public long repeated() {
    return repeated.get();
  }

  @Override
  public void open(Outgoing lastWill, String subscription, Listener listener) {
    link.open(lastWill, subscription, listener);
  }

  @Override
  public boolean hasRoom() {
    return link.hasRoom();
  }

  @Override
  public int inFlight() {
    return link.inFlight();
  }

  @Override
  public boolean isConnected() {
    return link.isConnected();
  }

  @Override
  public void leave(Outgoing farewell) {
    link.leave(farewell);
  }

  @Override
  public void close() {
    link.close();
  }
}

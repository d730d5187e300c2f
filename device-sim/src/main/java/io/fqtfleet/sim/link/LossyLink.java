package io.fqtfleet.sim.link;

import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import io.fqtfleet.sim.signal.Chance;
import java.util.function.Consumer;

/**
 * A link that loses and repeats reports on purpose, before the broker has seen them: what radio
 * modems do. Only reports: their counters are cumulative, so a lost one costs no samples.
 */
public final class LossyLink implements DeviceLink {
  private final DeviceLink link;
  private final double dropShare;
  private final double repeatShare;
  private final Consumer<Outgoing> onDropped;
  private final Chance chance;

  /**
   * @param onDropped hears of each report that is lost on purpose
   */
  public LossyLink(
      DeviceLink link,
      double dropShare,
      double repeatShare,
      Consumer<Outgoing> onDropped,
      long seed) {
    this.onDropped = onDropped;
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
        onDropped.accept(message);
        return;
      }
      if (fate < dropShare + repeatShare) {
        link.publish(message, () -> {});
      }
    }
    link.publish(message, onAcked);
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

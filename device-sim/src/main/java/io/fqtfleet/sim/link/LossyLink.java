package io.fqtfleet.sim.link;

import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import io.fqtfleet.sim.signal.Chance;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A link that loses and repeats reports on purpose, before the broker has seen them: what radio
 * modems do. Only reports: their counters are cumulative, so a lost one costs no samples.
 */
public final class LossyLink implements DeviceLink {
  /**
   * Shares of the reports, 0..1, together 1 at most.
   *
   * @param late those that come after {@code lateMs}
   */
  public record Shares(double dropped, double repeated, double late, long lateMs) {}

  /** Hears of what is done on purpose. */
  public interface Witness {
    void dropped(Outgoing report);

    void repeated(Outgoing report);
  }

  private final DeviceLink link;
  private final Shares shares;
  private final Witness witness;
  private final Chance chance;
  private final AtomicInteger held = new AtomicInteger();

  public LossyLink(DeviceLink link, Shares shares, Witness witness, long seed) {
    this.witness = witness;
    this.link = link;
    this.shares = shares;
    this.chance = new Chance(Chance.seed(seed, "loss"));
  }

  @Override
  public void publish(Outgoing message, Runnable onAcked) {
    if (message.kind() == Uplink.REPORT) {
      double fate = chance.uniform();
      if (fate < shares.dropped) {
        witness.dropped(message);
        return;
      }
      if (fate < shares.dropped + shares.repeated) {
        witness.repeated(message);
        link.publish(message, () -> {});
      } else if (fate < shares.dropped + shares.repeated + shares.late) {
        held.incrementAndGet();
        CompletableFuture.delayedExecutor(shares.lateMs, TimeUnit.MILLISECONDS)
            .execute(
                () -> {
                  held.decrementAndGet();
                  link.publish(message, onAcked);
                });
        return;
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
    return link.inFlight() + held.get();
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

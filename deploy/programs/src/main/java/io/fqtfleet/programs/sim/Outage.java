package io.fqtfleet.programs.sim;

/** Tells a target that has fallen over from one that is slow. */
final class Outage {
  /** Seconds without a connection, an acknowledgement or an arrival while some are awaited. */
  private static final int PATIENCE_S = 20;

  private SimResult.Sample before;
  private boolean everConnected;
  private int dark;
  private int stalled;
  private int dry;
  private long ackedAtArrival;

  /**
   * To be asked once per second.
   *
   * @return what happened and what to do; empty = the target lives
   */
  String found(SimResult.Sample now, SimTarget target, RuntimeException reading) {
    if (reading != null) {
      return "Kafka at %s can no longer be read (%s); look at its log, then run again"
          .formatted(target.bootstrapServers(), reading.getMessage());
    }
    everConnected |= now.connected() > 0;
    // Once all were there, none may be wanted: only unanswered reports make silence an outage.
    boolean wanted = !everConnected || now.sent() > now.acknowledged();
    dark = wanted && now.connected() == 0 ? dark + 1 : 0;
    boolean waits = before != null && now.sent() > now.acknowledged();
    stalled = waits && now.acknowledged() == before.acknowledged() ? stalled + 1 : 0;
    boolean arrives = before == null || now.inKafka() > before.inKafka();
    ackedAtArrival = arrives ? now.acknowledged() : ackedAtArrival;
    boolean misses = target.bootstrapServers() != null && now.acknowledged() > ackedAtArrival;
    dry = misses && !arrives ? dry + 1 : 0;
    before = now;
    if (dark >= PATIENCE_S) {
      return "no device has been connected to the MQTT broker at %s for %d s; look at its log"
          .formatted(target.mqtt(), PATIENCE_S);
    }
    if (stalled >= PATIENCE_S) {
      return "the MQTT broker at %s has acknowledged nothing for %d s; look at its log and at what"
              .formatted(target.mqtt(), PATIENCE_S)
          + " it waits for";
    }
    if (dry >= PATIENCE_S) {
      return ("nothing has arrived in Kafka at %s for %d s, though the MQTT broker acknowledged"
              + " reports; look at the gateway's /readyz and at Kafka's log")
          .formatted(target.bootstrapServers(), PATIENCE_S);
    }
    return "";
  }
}

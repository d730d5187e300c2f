package io.fqtfleet.gateway;

import io.fqtfleet.gateway.kafka.KafkaClients;
import io.fqtfleet.gateway.kafka.KafkaTopics;
import io.fqtfleet.gateway.kafka.SessionChange;
import io.fqtfleet.gateway.kafka.SharedProducer;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.gateway.uplink.SessionMove;
import io.fqtfleet.gateway.uplink.UplinkCounters;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;

/**
 * Changes the number of MQTT sessions while no gateway runs. Every step is remembered in Kafka, so
 * a run that was broken off is simply run again; until then gateways refuse to start.
 */
final class SessionDrain {
  /** Longer than a gateway needs from its check to its membership of the group. */
  private static final long SECOND_LOOK_MS = 1_500;

  /** It cannot be done as things are; says what to do. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
      super(message);
    }
  }

  private final GatewayConfig config;
  private final MqttLink.Factory links;
  private final int wanted;
  private final Consumer<String> says;

  /**
   * @param wanted the new number of sessions
   * @param says takes a line of progress
   */
  SessionDrain(GatewayConfig config, MqttLink.Factory links, int wanted, Consumer<String> says) {
    this.config = config;
    this.links = links;
    this.wanted = wanted;
    this.says = says;
  }

  void run() throws RefusedException, MqttLinkException, InterruptedException {
    KafkaClients kafka = new KafkaClients(config);
    try (Admin admin = kafka.admin();
        SharedProducer producers = new SharedProducer(kafka::producer)) {
      Optional<SessionChange> planned = plan(admin);
      if (planned.isEmpty()) {
        return;
      }
      SessionChange change = planned.get();
      String group = config.uplink().group();
      change.remember(admin, group);
      Thread.sleep(SECOND_LOOK_MS);
      refuseWhileGatewaysRun(admin);
      SessionMove move =
          new SessionMove(config, links, producers, change.from(), change.to(), says);
      if (!change.emptied()) {
        UplinkCounters.Snapshot moved = move.run();
        says.accept(
            "%d messages put into Kafka, %d into the dead letters"
                .formatted(moved.forwarded(), moved.deadLettered()));
        new SessionChange(change.from(), change.to(), true).remember(admin, group);
      }
      move.forget();
      change.resize(admin);
      change.forget(admin, group);
      says.accept(
          "done: %d sessions are now %d; start the gateways with uplink.sessions %d"
              .formatted(change.from(), change.to(), change.to()));
    }
  }

  /** Empty if there is nothing to do. */
  private Optional<SessionChange> plan(Admin admin) throws RefusedException, InterruptedException {
    Optional<SessionChange> pending = SessionChange.pending(admin, config.uplink().group());
    if (pending.isPresent() && pending.get().to() != wanted) {
      throw new RefusedException(
          "a change from %d to %d sessions was begun; finish it first: --sessions %d"
              .formatted(pending.get().from(), pending.get().to(), pending.get().to()));
    }
    refuseWhileGatewaysRun(admin);
    if (pending.isPresent()) {
      says.accept("going on with a change that was broken off");
      return pending;
    }
    int found = KafkaTopics.sessions(admin);
    if (found == KafkaTopics.NO_TOPIC || found == wanted) {
      says.accept(
          found == wanted
              ? "there are %d sessions already".formatted(found)
              : "no gateway has run yet: start one with uplink.sessions " + wanted);
      return Optional.empty();
    }
    return Optional.of(new SessionChange(found, wanted, false));
  }

  private void refuseWhileGatewaysRun(Admin admin) throws RefusedException, InterruptedException {
    List<String> running = SessionChange.running(admin, config.uplink().group());
    if (!running.isEmpty()) {
      throw new RefusedException(
          ("%d gateways run: %s. Stop them all, then run this again; one that was killed is"
                  + " forgotten after uplink.ownershipTimeout.")
              .formatted(running.size(), running));
    }
  }
}

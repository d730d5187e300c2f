package io.fqtfleet.gateway.uplink;

import io.fqtfleet.gateway.mqtt.MqttLink.Inbound;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.schemas.Topics.Uplink;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The messages of one connection that MQTT has delivered and Kafka has not yet confirmed, in the
 * order of receipt. Kafka confirms in any order; MQTT wants acknowledgements in the order of
 * receipt, so a confirmed message waits for those before it.
 *
 * <p>The broker was told the capacity as Receive Maximum. Some send more: Mosquitto 2.0 releases up
 * to a whole window for each acknowledgement (eclipse-mosquitto/mosquitto issue 2301), Artemis one
 * more for each subscription. So a full window makes the MQTT thread wait, which stops reading from
 * the socket, and TCP holds the broker back. The wait ends with the next confirmation, or when
 * Kafka's delivery time-out has passed and the window is abandoned.
 *
 * <p>Safe for the MQTT thread that enters, the producer's thread that confirms and the session's
 * thread that abandons.
 */
final class InFlightWindow {
  /** Sends the acknowledgement; called in order, one at a time. */
  interface Acker {
    void ack(int messageId) throws MqttLinkException;
  }

  /** One message. */
  static final class Slot {
    private final int messageId;
    private final boolean acknowledged;
    private final long receivedNanos;
    private boolean confirmed;

    /** Set before the message goes to Kafka; null = dead letter. */
    private Uplink kind;

    private String reason;

    private Slot(Inbound message, long receivedNanos) {
      this.messageId = message.id();
      this.acknowledged = message.qos() > 0;
      this.receivedNanos = receivedNanos;
    }
  }

  private final int capacity;
  private final Acker acker;
  private final UplinkCounters counters;
  private final ArrayDeque<Slot> slots = new ArrayDeque<>();
  private boolean draining;
  private boolean abandoned;

  InFlightWindow(int capacity, Acker acker, UplinkCounters counters) {
    this.capacity = capacity;
    this.acker = acker;
    this.counters = counters;
  }

  /**
   * Waits for room. Null if the window is abandoned; the message then isn't counted as received.
   */
  synchronized Slot enter(Inbound message, LongSupplier nanoClock) {
    try {
      while (!abandoned && (draining || slots.size() >= capacity)) {
        wait();
      }
    } catch (InterruptedException e) {
      // Only an end of the connection interrupts its thread.
      Thread.currentThread().interrupt();
      abandon();
    }
    if (abandoned) {
      return null;
    }
    Slot slot = new Slot(message, nanoClock.getAsLong());
    slots.addLast(slot);
    counters.received();
    return slot;
  }

  /**
   * Kafka holds the message; acknowledges it and those that waited for it.
   *
   * @param kind where it went, or null for the dead letters
   * @param reason of the dead letter
   */
  synchronized void confirm(Slot slot, Uplink kind, String reason, long nowNanos)
      throws MqttLinkException {
    if (abandoned) {
      return;
    }
    slot.confirmed = true;
    slot.kind = kind;
    slot.reason = reason;
    while (!slots.isEmpty() && slots.peekFirst().confirmed) {
      Slot first = slots.peekFirst();
      if (first.acknowledged) {
        acker.ack(first.messageId);
      }
      slots.removeFirst();
      notifyAll();
      if (first.kind != null) {
        counters.forwarded(first.kind, nowNanos - first.receivedNanos);
      } else {
        counters.deadLettered(first.reason, nowNanos - first.receivedNanos);
      }
    }
  }

  /**
   * Takes nothing more (the MQTT thread waits from its next message on) and waits until all that
   * was taken is acknowledged.
   *
   * @return the number of messages that time did not suffice for
   */
  synchronized int drain(long timeoutMs) {
    draining = true;
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    try {
      long leftMs = timeoutMs;
      while (!abandoned && !slots.isEmpty() && leftMs > 0) {
        wait(leftMs);
        leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return slots.size();
  }

  /** The connection has ended: what is unacknowledged goes back to the broker. */
  synchronized void abandon() {
    if (!abandoned) {
      abandoned = true;
      counters.returned(slots.size());
      slots.clear();
      notifyAll();
    }
  }
}

package io.fqtfleet.sim.link;

import io.fqtfleet.sim.device.SimDevice.Outgoing;

/**
 * One device's connection to its broker: at least once in both directions, reconnecting for ever.
 * All methods return at once; callbacks come on threads of the link and must not block.
 */
public interface DeviceLink extends AutoCloseable {
  /** What a device hears of its link. */
  interface Listener {
    /** The link is up, for the first time or again: publish the birth message. */
    void connected();

    void message(String topic, byte[] payload);
  }

  /** Connects, subscribes to the device's budgets, and keeps trying until {@link #close}. */
  void open(Outgoing lastWill, String subscription, Listener listener);

  /**
   * True while a further report may be given: there has been a connection, and not too much is
   * waiting for acknowledgements.
   */
  boolean hasRoom();

  /**
   * Publishes with QoS 1; {@code onAcked} runs once the broker has acknowledged, never before.
   * Messages given while the broker is away wait, up to the bound of {@link #hasRoom}.
   */
  void publish(Outgoing message, Runnable onAcked);

  /** Messages given and not yet acknowledged. */
  int inFlight();

  boolean isConnected();

  /**
   * Says goodbye with {@code farewell} (replaces the last will), then disconnects; waits briefly.
   */
  void leave(Outgoing farewell);

  /** Drops the connection without a word, so that the broker publishes the last will. */
  @Override
  void close();
}

package io.fqtfleet.programs.faults;

import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.DeviceState;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import io.fqtfleet.sim.link.DeviceLink;
import io.fqtfleet.sim.link.HiveMqLink;
import java.net.InetSocketAddress;
import java.util.BitSet;

/**
 * One device as the broker sees it: a status at birth, reports numbered from 1, the next one only
 * when the broker has acknowledged the one before, and an ear for its budget.
 */
final class LoadDevice implements DeviceLink.Listener, AutoCloseable {
  private final String id;
  private final byte[] key;
  private final InetSocketAddress broker;
  private final long seed;
  private final long bornNanos = System.nanoTime();
  private DeviceLink link;
  private boolean resting;

  private long sent;
  private long open;
  private final BitSet acked = new BitSet();

  /** Of the last budget received; 0 = none, or deleted. */
  private long budgetVersion;

  private long forged;

  LoadDevice(String id, byte[] key, InetSocketAddress broker, long seed) {
    this.id = id;
    this.key = key;
    this.broker = broker;
    this.seed = seed;
  }

  String id() {
    return id;
  }

  synchronized void connect() {
    resting = false;
    link = new HiveMqLink(id, broker, seed);
    link.open(status(DeviceState.OFFLINE), Topics.budget(id), this);
  }

  /** Sends no more reports until it is connected anew. */
  synchronized void rest() {
    resting = true;
  }

  /** Goes offline; {@link #rest} before, or what the broker has not acknowledged stays open. */
  synchronized void disconnect() {
    link.close();
    link = null;
  }

  private Outgoing status(DeviceState state) {
    return new Outgoing(
        Uplink.STATUS, Topics.up(id, Uplink.STATUS), LoadRecords.status(id, state), 0);
  }

  /** Sends the next report if at most so many others wait for the broker. */
  void report(int openMax) {
    DeviceLink over;
    long sequence;
    synchronized (this) {
      if (link == null || resting || open >= openMax || !link.hasRoom()) {
        return;
      }
      over = link;
      open++;
      sequence = ++sent;
    }
    long uptimeMs = (System.nanoTime() - bornNanos) / 1_000_000;
    byte[] payload = LoadRecords.report(id, sequence, uptimeMs);
    over.publish(
        new Outgoing(Uplink.REPORT, Topics.up(id, Uplink.REPORT), payload, sequence),
        () -> acknowledged(sequence));
  }

  private synchronized void acknowledged(long sequence) {
    acked.set((int) sequence);
    open--;
  }

  /** Nothing waits for the broker. */
  synchronized boolean settled() {
    return open == 0;
  }

  synchronized boolean online() {
    return link != null && link.isConnected();
  }

  synchronized long sent() {
    return sent;
  }

  /** Sequence numbers that the broker has acknowledged. */
  synchronized BitSet acked() {
    return (BitSet) acked.clone();
  }

  synchronized long budgetVersion() {
    return budgetVersion;
  }

  /** Budgets whose signature or content was wrong. */
  synchronized long forged() {
    return forged;
  }

  @Override
  public void connected() {
    DeviceLink over;
    synchronized (this) {
      over = link;
    }
    if (over != null) {
      over.publish(status(DeviceState.ONLINE), () -> {});
    }
  }

  @Override
  public synchronized void message(String topic, byte[] payload) {
    try {
      budgetVersion = payload.length == 0 ? 0 : version(id, payload, key);
    } catch (WireException e) {
      forged++;
    }
  }

  static long version(String device, byte[] payload, byte[] key) throws WireException {
    byte[] body = BudgetSignature.verify(Topics.budget(device), payload, key).body();
    return LoadRecords.BUDGETS.decode(body).getVersion();
  }

  @Override
  public synchronized void close() {
    if (link != null) {
      link.close();
      link = null;
    }
  }
}

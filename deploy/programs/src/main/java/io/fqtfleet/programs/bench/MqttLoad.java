package io.fqtfleet.programs.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;

/**
 * Publishes reports with QoS 1 over a few connections from one thread, so that the load costs
 * little of the machine it measures. A device keeps to one connection: its order holds.
 */
final class MqttLoad implements AutoCloseable {
  static final String THREAD = "bench-publisher";

  /** Longest sleep of a paced load, so the time by which a PUBACK may be seen late. */
  private static final long NAP_NANOS = 200_000;

  private static final long SELECT_MS = 1;

  private final ReportPackets packets;
  private final Selector selector;
  private final List<MqttLoadConnection> connections = new ArrayList<>();

  /**
   * @param name of the clients, a number is put behind
   */
  MqttLoad(InetSocketAddress broker, String name, int connections, ReportPackets packets)
      throws IOException {
    this.packets = packets;
    this.selector = Selector.open();
    for (int c = 0; c < connections; c++) {
      MqttLoadConnection connection = new MqttLoadConnection(broker, name + c, packets);
      connection.channel().register(selector, SelectionKey.OP_READ, connection);
      this.connections.add(connection);
    }
  }

  /**
   * What to send.
   *
   * @param first number of the first report
   * @param ratePerSecond 0 = as fast as it goes
   * @param backlogMax reports sent and not yet {@code settled}; keeps a queue from growing in the
   *     broker where the load is faster than what is measured
   * @param settled how many of these reports are through
   */
  record Plan(long first, long reports, long ratePerSecond, long backlogMax, LongSupplier settled) {
    /** When a report was to be sent. */
    long intendedNanos(long startNanos, long report) {
      return startNanos + (report - first) * TimeUnit.SECONDS.toNanos(1) / ratePerSecond;
    }
  }

  /**
   * Sends all reports and waits until the broker has acknowledged each.
   *
   * @param ackMicros gets the time from the intended send to PUBACK, if the load is paced
   * @throws IllegalStateException if the broker refused one or closed a connection
   */
  void send(Plan plan, long startNanos, Histogram ackMicros) throws IOException {
    for (int c = 0; c < connections.size(); c++) {
      connections.get(c).begin(plan, startNanos, c, connections.size());
    }
    while (connections.stream().anyMatch(c -> !c.finished())) {
      long now = System.nanoTime();
      long due = due(plan, startNanos, now);
      for (MqttLoadConnection connection : connections) {
        connection.writeUpTo(due);
      }
      if (plan.ratePerSecond > 0) {
        selector.selectNow();
        if (selector.selectedKeys().isEmpty()) {
          LockSupport.parkNanos(NAP_NANOS);
        }
      } else {
        selector.select(SELECT_MS);
      }
      for (SelectionKey key : selector.selectedKeys()) {
        ((MqttLoadConnection) key.attachment()).read(ackMicros);
      }
      selector.selectedKeys().clear();
    }
  }

  /** The first report that may not be sent yet. */
  private static long due(Plan plan, long startNanos, long now) {
    long end = plan.first + plan.reports;
    if (plan.ratePerSecond > 0) {
      double elapsed = (now - startNanos) / 1e9;
      return now < startNanos
          ? plan.first
          : Math.min(end, plan.first + 1 + (long) (elapsed * plan.ratePerSecond));
    }
    return Math.min(end, plan.first + plan.settled.getAsLong() + plan.backlogMax);
  }

  int payloadBytes() {
    return packets.payloadBytes();
  }

  @Override
  public void close() throws IOException {
    for (MqttLoadConnection connection : connections) {
      connection.close();
    }
    selector.close();
  }
}

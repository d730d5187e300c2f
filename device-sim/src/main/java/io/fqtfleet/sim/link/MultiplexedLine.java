package io.fqtfleet.sim.link;

import io.fqtfleet.schemas.Topics;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * One MQTT connection for the devices of some shards, as a field gateway has it: a device costs no
 * socket. There is no last will; a device that leaves says so itself.
 */
public final class MultiplexedLine implements DeviceLink.Listener, AutoCloseable {
  /** Of the whole line. */
  private static final int IN_FLIGHT_MAX = 20_000;

  private final HiveMqLink line;
  private final Map<String, Member> byTopic = new ConcurrentHashMap<>();

  /**
   * Connects. Shard s is served by line s modulo {@code lines}.
   *
   * @param name of the MQTT client
   * @param lines 1..64, how many there are
   */
  public MultiplexedLine(
      String name, int index, int lines, InetSocketAddress broker, MqttAccess access) {
    this.line = new HiveMqLink(name, broker, access, IN_FLIGHT_MAX, index);
    List<String> filters =
        IntStream.range(0, Topics.SHARDS)
            .filter(shard -> shard % lines == index)
            .mapToObj(Topics::budgetFilter)
            .toList();
    line.open(null, filters, this);
  }

  @Override
  public void connected() {
    byTopic.values().forEach(member -> member.listener.connected());
  }

  @Override
  public void message(String topic, byte[] payload) {
    Member member = byTopic.get(topic);
    // A budget of a device that is not ours, or away: it is retained.
    if (member != null) {
      member.listener.message(topic, payload);
    }
  }

  /** The link of one more device. */
  public DeviceLink member() {
    return new Member();
  }

  public boolean isConnected() {
    return line.isConnected();
  }

  /** All devices are gone. */
  @Override
  public void close() {
    line.close();
  }

  private final class Member implements DeviceLink {
    private volatile String topic;
    private volatile Listener listener;

    @Override
    public void open(Outgoing lastWill, String subscription, Listener deviceListener) {
      listener = deviceListener;
      topic = subscription;
      byTopic.put(subscription, this);
      if (line.isConnected()) {
        deviceListener.connected();
      }
    }

    @Override
    public boolean hasRoom() {
      return topic != null && line.hasRoom();
    }

    @Override
    public void publish(Outgoing message, Runnable onAcked) {
      line.publish(message, onAcked);
    }

    /** Of the line, as nobody keeps count by device. */
    @Override
    public int inFlight() {
      return line.inFlight();
    }

    @Override
    public boolean isConnected() {
      return topic != null && line.isConnected();
    }

    @Override
    public void leave(Outgoing farewell) {
      line.publish(farewell, () -> {});
      close();
    }

    @Override
    public void close() {
      if (topic != null) {
        byTopic.remove(topic, this);
        topic = null;
      }
    }
  }
}

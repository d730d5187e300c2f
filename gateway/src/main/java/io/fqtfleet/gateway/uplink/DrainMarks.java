package io.fqtfleet.gateway.uplink;

import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.schemas.Topics;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * Marks in the queues of old sessions, one per shard: when one comes out, all that the broker had
 * put into that shard's queue before has come out too. Safe for many threads.
 *
 * <p>Marks stay unacknowledged: an acknowledgement would have to wait for those of the messages
 * before, and the session is deleted in the end.
 */
final class DrainMarks {
  private final String nonce;
  private final Set<Integer> arrived = new TreeSet<>();
  private int round;

  /**
   * @param nonce tells this run's marks from those of a run that was broken off
   */
  DrainMarks(String nonce) {
    this.nonce = nonce;
  }

  /** Begins a round; marks of earlier ones count no more. */
  synchronized byte[] next() {
    round++;
    arrived.clear();
    return payload();
  }

  private byte[] payload() {
    return (nonce + "-" + round).getBytes(StandardCharsets.UTF_8);
  }

  synchronized int missing() {
    return Topics.SHARDS - arrived.size();
  }

  /** Links that keep marks from the listener. */
  MqttLink.Factory watching(MqttLink.Factory links) {
    return (settings, listener) -> open(links, settings, listener);
  }

  private MqttLink open(
      MqttLink.Factory links, MqttLink.Settings settings, MqttLink.Listener listener)
      throws MqttLinkException {
    return links.open(
        settings,
        new MqttLink.Listener() {
          @Override
          public void message(MqttLink.Inbound message) {
            OptionalInt shard = Topics.shardOfDrainMark(message.topic());
            if (shard.isPresent()) {
              arrived(shard.getAsInt(), message.payload());
            } else {
              listener.message(message);
            }
          }

          @Override
          public void lost(int reasonCode, String words) {
            listener.lost(reasonCode, words);
          }
        });
  }

  private synchronized void arrived(int shard, byte[] payload) {
    if (java.util.Arrays.equals(payload, payload())) {
      arrived.add(shard);
    }
  }
}

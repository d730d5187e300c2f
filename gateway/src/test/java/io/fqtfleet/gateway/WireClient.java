package io.fqtfleet.gateway;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;

/**
 * An MQTT client that writes its packets byte by byte, so that a test can send what no library
 * would: 3.1.1 and 5, topic aliases, topics that are no text. One thread.
 */
final class WireClient implements AutoCloseable {
  static final int V3_1_1 = 4;
  static final int V5 = 5;
  private static final int TIMEOUT_MS = 20_000;
  private static final int CONNACK = 2;
  private static final int PUBLISH = 3;
  private static final int PUBACK = 4;
  private static final int SUBACK = 9;

  /** A packet: its first byte and what follows the length. */
  record Packet(int first, byte[] body) {
    int type() {
      return first >> 4;
    }
  }

  /** A message from the broker; {@code properties} as they stood on the wire. */
  record Heard(String topic, byte[] payload, boolean retained) {}

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private final int version;
  private final Queue<Heard> heard = new ArrayDeque<>();
  private int lastId;

  /** Connects with a clean session. */
  WireClient(int port, String id, int version) throws IOException {
    this.version = version;
    this.socket = new Socket("127.0.0.1", port);
    socket.setSoTimeout(TIMEOUT_MS);
    socket.setTcpNoDelay(true);
    this.in = new DataInputStream(socket.getInputStream());
    this.out = new DataOutputStream(socket.getOutputStream());
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    text(body, "MQTT");
    body.write(version);
    body.write(2); // clean
    number(body, 2, 60); // keep alive, s
    if (version == V5) {
      body.write(0); // no properties
    }
    text(body, id);
    send(1 << 4, body.toByteArray());
    byte[] answer = await(CONNACK).body();
    if (answer[1] != 0) {
      throw new IOException("CONNACK with code " + answer[1]);
    }
  }

  /** Publishes with QoS 1; returns the reason code of the PUBACK, 0 = taken. */
  int publish(byte[] topic, byte[] payload, byte[] properties, boolean retained)
      throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    number(body, 2, topic.length);
    body.writeBytes(topic);
    number(body, 2, ++lastId);
    if (version == V5) {
      length(body, properties.length);
      body.writeBytes(properties);
    }
    body.writeBytes(payload);
    send(PUBLISH << 4 | 2 | (retained ? 1 : 0), body.toByteArray());
    byte[] ack = await(PUBACK).body();
    return ack.length > 2 ? ack[2] & 0xFF : 0;
  }

  int publish(String topic, byte[] payload, byte[] properties) throws IOException {
    return publish(topic.getBytes(StandardCharsets.UTF_8), payload, properties, false);
  }

  void subscribe(String filter) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    number(body, 2, ++lastId);
    if (version == V5) {
      body.write(0);
    }
    text(body, filter);
    body.write(1); // QoS 1
    send(8 << 4 | 2, body.toByteArray());
    byte[] granted = await(SUBACK).body();
    if (granted[granted.length - 1] != 1) {
      throw new IOException("SUBACK with code " + (granted[granted.length - 1] & 0xFF));
    }
  }

  /** The next message, acknowledged. */
  Heard next() throws IOException {
    while (heard.isEmpty()) {
      keep(read());
    }
    return heard.remove();
  }

  private Packet await(int type) throws IOException {
    while (true) {
      Packet packet = read();
      if (packet.type() == type) {
        return packet;
      }
      keep(packet);
    }
  }

  private void keep(Packet packet) throws IOException {
    if (packet.type() != PUBLISH) {
      throw new IOException("unexpected packet of type " + packet.type());
    }
    byte[] body = packet.body();
    int topicBytes = (body[0] & 0xFF) << 8 | body[1] & 0xFF;
    int at = 2 + topicBytes;
    if ((packet.first() & 6) != 0) {
      send(PUBACK << 4, new byte[] {body[at], body[at + 1]});
      at += 2;
    }
    if (version == V5) {
      int propertyBytes = body[at++];
      if (propertyBytes < 0) {
        throw new IOException("properties of 128 bytes and more are not read here");
      }
      at += propertyBytes;
    }
    byte[] payload = Arrays.copyOfRange(body, at, body.length);
    String topic = new String(body, 2, topicBytes, StandardCharsets.UTF_8);
    heard.add(new Heard(topic, payload, (packet.first() & 1) != 0));
  }

  private Packet read() throws IOException {
    int first = in.readUnsignedByte();
    int length = 0;
    for (int shift = 0, b = 0x80; (b & 0x80) != 0; shift += 7) {
      b = in.readUnsignedByte();
      length |= (b & 0x7F) << shift;
    }
    byte[] body = new byte[length];
    in.readFully(body);
    return new Packet(first, body);
  }

  private void send(int first, byte[] body) throws IOException {
    ByteArrayOutputStream packet = new ByteArrayOutputStream();
    packet.write(first);
    length(packet, body.length);
    packet.writeBytes(body);
    out.write(packet.toByteArray());
    out.flush();
  }

  /** Properties of a PUBLISH, written one after the other. */
  static final class Properties {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Properties contentType(String value) {
      bytes.write(0x03);
      text(bytes, value);
      return this;
    }

    Properties expirySeconds(int value) {
      bytes.write(0x02);
      number(bytes, 4, value);
      return this;
    }

    Properties topicAlias(int value) {
      bytes.write(0x23);
      number(bytes, 2, value);
      return this;
    }

    Properties user(String name, String value) {
      bytes.write(0x26);
      text(bytes, name);
      text(bytes, value);
      return this;
    }

    byte[] bytes() {
      return bytes.toByteArray();
    }
  }

  private static void text(ByteArrayOutputStream to, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    number(to, 2, bytes.length);
    to.writeBytes(bytes);
  }

  private static void number(ByteArrayOutputStream to, int bytes, int value) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      to.write(value >> shift);
    }
  }

  /** A variable byte integer. */
  private static void length(ByteArrayOutputStream to, int value) {
    int left = value;
    do {
      to.write(left & 0x7F | (left > 0x7F ? 0x80 : 0));
      left >>= 7;
    } while (left > 0);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

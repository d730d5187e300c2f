package io.fqtfleet.gateway;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A broker that answers each kind of packet with bytes that the test gives: what no real broker
 * does on demand. {@code II} in an answer stands for the packet's id. One connection at a time.
 */
public final class ScriptedBroker implements AutoCloseable {
  public static final int CONNECT = 1;
  public static final int PUBLISH = 3;
  public static final int SUBSCRIBE = 8;

  private static final HexFormat HEX = HexFormat.of();
  private final ServerSocket server;
  private final Map<Integer, String> answers = new ConcurrentHashMap<>();
  private final Thread thread;
  private volatile Socket current;

  public ScriptedBroker() throws IOException {
    server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    thread = new Thread(this::serve, "scripted-broker");
    thread.setDaemon(true);
    thread.start();
  }

  public String uri() {
    return "tcp://127.0.0.1:" + server.getLocalPort();
  }

  /** Answers every packet of this type from now on with these bytes, in hexadecimal. */
  public ScriptedBroker answer(int type, String hex) {
    answers.put(type, hex);
    return this;
  }

  /** Sends bytes that nobody asked for. */
  public void send(String hex) throws IOException {
    current.getOutputStream().write(bytes(hex, new byte[2]));
  }

  private void serve() {
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        current = socket;
        converse(new DataInputStream(socket.getInputStream()), socket.getOutputStream());
      } catch (IOException e) {
        // The client or the test ended it.
        current = null;
      }
    }
  }

  private void converse(DataInputStream in, OutputStream out) throws IOException {
    while (true) {
      int first = in.readUnsignedByte();
      int length = 0;
      for (int shift = 0, b = 0x80; (b & 0x80) != 0; shift += 7) {
        b = in.readUnsignedByte();
        length |= (b & 0x7F) << shift;
      }
      byte[] body = new byte[length];
      in.readFully(body);
      String answer = answers.get(first >> 4);
      if (answer != null) {
        out.write(bytes(answer, id(first >> 4, body)));
        out.flush();
      }
    }
  }

  private static byte[] id(int type, byte[] body) {
    int at = type == PUBLISH ? 2 + ((body[0] & 0xFF) << 8 | body[1] & 0xFF) : 0;
    return type == CONNECT ? new byte[2] : new byte[] {body[at], body[at + 1]};
  }

  private static byte[] bytes(String hex, byte[] id) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(HEX.parseHex(hex.replace(" ", "").replace("II", HEX.formatHex(id))));
    return all.toByteArray();
  }

  @Override
  public void close() throws IOException {
    server.close();
    Socket open = current;
    if (open != null) {
      open.close();
    }
  }
}

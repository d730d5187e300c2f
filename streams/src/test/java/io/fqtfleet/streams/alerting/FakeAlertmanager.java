package io.fqtfleet.streams.alerting;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Takes alerts as Alertmanager does: by their labels, the last post counts. */
final class FakeAlertmanager implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** One alert of one post. */
  record Posted(Map<String, String> labels, JsonNode body) {
    String id() {
      return labels.get("alert_id");
    }

    boolean firing() {
      return Instant.parse(body.get("endsAt").asText()).isAfter(Instant.now());
    }
  }

  private final HttpServer server;
  private final List<Posted> posted = new ArrayList<>();
  private int requests;
  private int answer = 200;

  /** Alerts of this id are refused as invalid. */
  private String invalid = "";

  FakeAlertmanager(int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext("/prefix/api/v2/alerts", this::take);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/prefix";
  }

  int port() {
    return server.getAddress().getPort();
  }

  private synchronized void take(HttpExchange exchange) throws IOException {
    requests++;
    int status = answer;
    List<Posted> fresh = new ArrayList<>();
    for (JsonNode one : JSON.readTree(exchange.getRequestBody())) {
      Map<String, String> labels = new TreeMap<>();
      one.get("labels").properties().forEach(l -> labels.put(l.getKey(), l.getValue().asText()));
      fresh.add(new Posted(labels, one));
      if (labels.get("alert_id").equals(invalid)) {
        status = 400;
      }
    }
    if (status == 200) {
      posted.addAll(fresh);
    }
    byte[] body = (status == 200 ? "" : "\"cause " + status + "\"\n").getBytes();
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  synchronized void answerWith(int status) {
    answer = status;
  }

  synchronized void refuse(String id) {
    invalid = id;
  }

  synchronized int requests() {
    return requests;
  }

  synchronized List<Posted> posted() {
    return List.copyOf(posted);
  }

  /** The last state of each alert by its labels. */
  synchronized Map<Map<String, String>, Posted> alerts() {
    Map<Map<String, String>, Posted> last = new java.util.HashMap<>();
    posted.forEach(p -> last.put(p.labels(), p));
    return last;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

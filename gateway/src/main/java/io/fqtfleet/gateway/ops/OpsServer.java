package io.fqtfleet.gateway.ops;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /healthz}, {@code /readyz} with causes in words, {@code /metrics}. One thread. */
public final class OpsServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OpsServer.class);
  private static final int OK = 200;
  private static final int FAILED = 500;
  private static final int UNAVAILABLE = 503;
  private static final String PLAIN = "text/plain; charset=utf-8";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  private final HttpServer server;

  /**
   * @param unhealthy causes why a restart is needed; empty = healthy
   * @param notReady causes why messages don't flow; empty = ready
   * @param metrics in Prometheus' text format
   */
  public OpsServer(
      InetSocketAddress address,
      Supplier<List<String>> unhealthy,
      Supplier<List<String>> notReady,
      Supplier<String> metrics) {
    try {
      server = HttpServer.create(address, 0);
    } catch (BindException e) {
      throw new IllegalStateException(
          ("the HTTP endpoint cannot listen on %s:%d: the port is busy or the address is not of"
                  + " this machine. Stop the program that holds it (ss -ltnp 'sport = :%d' names"
                  + " it) or set ops.host / ops.port; port 0 takes any free one.")
              .formatted(address.getHostString(), address.getPort(), address.getPort()),
          e);
    } catch (IOException e) {
      throw new IllegalStateException("the HTTP endpoint did not start on " + address, e);
    }
    server.createContext("/healthz", exchange -> causes(exchange, unhealthy.get()));
    server.createContext("/readyz", exchange -> causes(exchange, notReady.get()));
    server.createContext("/metrics", exchange -> metrics(exchange, metrics));
  }

  public void start() {
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private static void causes(HttpExchange exchange, List<String> causes) throws IOException {
    if (causes.isEmpty()) {
      answer(exchange, OK, PLAIN, "ok\n");
    } else {
      answer(exchange, UNAVAILABLE, PLAIN, String.join("\n", causes) + "\n");
    }
  }

  /** A mistake of ours is told: the server itself would only close the connection. */
  private static void metrics(HttpExchange exchange, Supplier<String> metrics) throws IOException {
    String text;
    try {
      text = metrics.get();
    } catch (RuntimeException e) {
      LOG.error("the metrics cannot be told", e);
      answer(exchange, FAILED, PLAIN, "the metrics cannot be told: " + e.getMessage() + "\n");
      return;
    }
    answer(exchange, OK, PROMETHEUS, text);
  }

  private static void answer(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}

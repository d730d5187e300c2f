package io.fqtfleet.streams.ops;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** The service's one HTTP port: the handlers are asked in their order, the first that can does. */
public final class HttpEndpoint implements AutoCloseable {
  /** A reader of the page costs no thread while it waits, so few serve many. */
  private static final int THREADS_MAX = 16;

  private static final int THREADS_MIN = 4;
  private static final int HEADER_BYTES_MAX = 8 << 10;
  private static final long IDLE_MS = 60_000;

  private final Server server;
  private final ServerConnector connector;

  /** Takes the port; a busy one is refused here. */
  public HttpEndpoint(InetSocketAddress address, Handler... handlers) {
    QueuedThreadPool threads = new QueuedThreadPool(THREADS_MAX, THREADS_MIN);
    threads.setName("http");
    threads.setDaemon(true);
    server = new Server(threads);
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(HEADER_BYTES_MAX);
    connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
    connector.setHost(address.getHostString());
    connector.setPort(address.getPort());
    connector.setIdleTimeout(IDLE_MS);
    server.addConnector(connector);
    server.setHandler(new Handler.Sequence(List.of(handlers)));
    // Open connections are pages that watch: they end with the service, nobody waits for them.
    server.setStopTimeout(0);
    try {
      connector.open();
    } catch (IOException e) {
      throw new IllegalStateException(
          ("the HTTP endpoint cannot listen on %s:%d: the port is busy or the address is not of"
                  + " this machine. Stop the program that holds it (ss -ltnp 'sport = :%d' names"
                  + " it) or set ops.host / ops.port; port 0 takes any free one.")
              .formatted(address.getHostString(), address.getPort(), address.getPort()),
          e);
    }
  }

  public void start() {
    try {
      server.start();
    } catch (Exception e) {
      throw new IllegalStateException("the HTTP endpoint did not start", e);
    }
  }

  public int port() {
    return connector.getLocalPort();
  }

  @Override
  public void close() {
    try {
      server.stop();
      connector.close();
    } catch (Exception e) {
      throw new IllegalStateException("the HTTP endpoint did not stop", e);
    }
  }
}

package io.fqtfleet.streams.ops;

import java.util.List;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** {@code /healthz}, {@code /readyz} with causes in words, {@code /metrics}. */
public final class OpsHandler extends Handler.Abstract {
  private static final int OK = 200;
  private static final int UNAVAILABLE = 503;
  private static final String PLAIN = "text/plain; charset=utf-8";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  private final Supplier<List<String>> unhealthy;
  private final Supplier<List<String>> notReady;
  private final Supplier<List<String>> warnings;
  private final Supplier<String> metrics;

  /**
   * @param unhealthy causes why a restart is needed; empty = healthy
   * @param notReady causes why nothing is decided; empty = ready
   * @param metrics in Prometheus' text format
   * @param warnings what else does not work, told with either answer
   */
  public OpsHandler(
      Supplier<List<String>> unhealthy,
      Supplier<List<String>> notReady,
      Supplier<List<String>> warnings,
      Supplier<String> metrics) {
    this.unhealthy = unhealthy;
    this.notReady = notReady;
    this.warnings = warnings;
    this.metrics = metrics;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    switch (request.getHttpURI().getCanonicalPath()) {
      case "/healthz" -> causes(response, callback, unhealthy.get(), List.of());
      case "/readyz" -> causes(response, callback, notReady.get(), warnings.get());
      case "/metrics" -> answer(response, callback, OK, PROMETHEUS, metrics.get());
      default -> {
        return false;
      }
    }
    return true;
  }

  private static void causes(
      Response response, Callback callback, List<String> causes, List<String> warnings) {
    StringBuilder text = new StringBuilder(causes.isEmpty() ? "ok\n" : "");
    causes.forEach(cause -> text.append(cause).append('\n'));
    warnings.forEach(warning -> text.append("warning: ").append(warning).append('\n'));
    answer(response, callback, causes.isEmpty() ? OK : UNAVAILABLE, PLAIN, text.toString());
  }

  private static void answer(
      Response response, Callback callback, int status, String type, String text) {
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
    Content.Sink.write(response, true, text, callback);
  }
}

package io.fqtfleet.streams.alerting;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Alertmanager's HTTP API, version 2. */
final class HttpAlertmanager implements Alertmanager {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final int OK = 200;

  /** Bad request, too large, invalid: of these the content is the cause. */
  private static final Set<Integer> REFUSED = Set.of(400, 413, 422);

  /** So much of an answer is shown. */
  private static final int SHOWN_MAX = 200;

  private final URI uri;
  private final Duration timeout;
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT_TIMEOUT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  /**
   * @param url of Alertmanager, with its path prefix if it has one
   * @param timeout of one request
   */
  HttpAlertmanager(String url, Duration timeout) {
    this.uri = URI.create(url.replaceAll("/+$", "") + "/api/v2/alerts");
    this.timeout = timeout;
  }

  @Override
  public void post(List<AlertLedger.Due> alerts)
      throws IOException, RefusedException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .timeout(timeout)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(AlertmanagerJson.of(alerts)))
            .build();
    HttpResponse<String> answer;
    try {
      answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IOException("Alertmanager at " + uri + " does not answer (" + e + ")", e);
    }
    if (answer.statusCode() == OK) {
      return;
    }
    String said = answer.body().strip();
    String message =
        "Alertmanager at %s answered %d: %s"
            .formatted(
                uri,
                answer.statusCode(),
                said.substring(0, Math.min(said.length(), SHOWN_MAX)).replace('\n', ' '));
    if (REFUSED.contains(answer.statusCode())) {
      throw new RefusedException(message);
    }
    throw new IOException(message);
  }
}

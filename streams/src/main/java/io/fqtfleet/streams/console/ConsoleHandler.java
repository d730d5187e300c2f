package io.fqtfleet.streams.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fqtfleet.streams.console.Access.Role;
import io.fqtfleet.streams.console.Access.Session;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.http.HttpCookie;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The console over HTTP: the page for everybody, what it shows for those who logged in, orders for
 * operators who also carry the session's CSRF token.
 */
final class ConsoleHandler extends Handler.Abstract {
  private static final Logger LOG = LoggerFactory.getLogger(ConsoleHandler.class);
  private static final String COOKIE = "fqt_session";
  private static final String CSRF = "X-Fqt-Csrf";
  private static final String API = "/api/";
  private static final int BODY_MAX = 64 << 10;

  /** Read of a request that is too long, so that its sender gets to hear why. */
  private static final int DRAINED_MAX = 1 << 20;

  private static final int NAME_MAX = 60;
  private static final int WATCHED_MAX = 48;

  /** Nothing from elsewhere, nothing inline: a script in a name could not run even if shown. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

  private final StaticFiles files = new StaticFiles();
  private final Access access;
  private final ProxyLogin proxy;
  private final ConsoleApi api;
  private final LiveEvents live;
  private final Clock clock;

  ConsoleHandler(Access access, ProxyLogin proxy, ConsoleApi api, LiveEvents live, Clock clock) {
    this.access = access;
    this.proxy = proxy;
    this.api = api;
    this.live = live;
    this.clock = clock;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    response.getHeaders().put("Content-Security-Policy", POLICY);
    response.getHeaders().put("X-Content-Type-Options", "nosniff");
    response.getHeaders().put("X-Frame-Options", "DENY");
    response.getHeaders().put("Referrer-Policy", "no-referrer");
    response.getHeaders().put("Cross-Origin-Resource-Policy", "same-origin");
    try {
      String path = request.getHttpURI().getCanonicalPath();
      if (path.startsWith(API)) {
        answerApi(request, response, callback, path);
      } else {
        page(request, response, callback, path);
      }
    } catch (ApiException e) {
      refuse(response, callback, e);
    } catch (IOException | RuntimeException e) {
      LOG.error("the console could not answer {}", request.getHttpURI().getPath(), e);
      refuse(response, callback, new ApiException(500, "this is a defect; the log says more"));
    }
    return true;
  }

  private void page(Request request, Response response, Callback callback, String path)
      throws ApiException {
    StaticFiles.File file =
        files
            .at(path)
            .orElseThrow(() -> new ApiException(ApiException.NOT_FOUND, "there is no such page"));
    if (!request.getMethod().equals("GET") && !request.getMethod().equals("HEAD")) {
      throw new ApiException(405, "a page can only be read");
    }
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, file.type());
    response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-cache");
    response.write(true, ByteBuffer.wrap(file.bytes()), callback);
  }

  private void answerApi(Request request, Response response, Callback callback, String path)
      throws ApiException, IOException {
    response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
    String method = request.getMethod();
    if (path.equals("/api/login") && method.equals("POST")) {
      login(request, response, callback);
      return;
    }
    Session session =
        session(request)
            .orElseThrow(
                () -> new ApiException(ApiException.UNAUTHORIZED, "log in with a token first"));
    switch (method) {
      case "GET" -> {
        if (path.equals("/api/session")) {
          ObjectNode node = Views.JSON.createObjectNode();
          node.put("role", session.role().name());
          node.put("name", session.name());
          node.put("csrf", session.csrf());
          node.put("proxied", session.proxied());
          json(response, callback, 200, node);
        } else if (path.equals("/api/events")) {
          watch(request, response, callback);
        } else {
          json(response, callback, 200, api.get(ask(request, path)));
        }
      }
      case "POST" -> {
        mayWrite(request, session);
        if (path.equals("/api/logout")) {
          response.getHeaders().add(HttpHeader.SET_COOKIE, cookie("", 0));
          json(response, callback, 200, Views.JSON.createObjectNode());
        } else {
          operator(session);
          JsonNode body = body(request);
          JsonNode said = api.post(ask(request, path), body, session.name(), clock.millis());
          LOG.info("operator={} ordered={} said={}", session.name(), path, said);
          json(response, callback, 200, said);
        }
      }
      default -> throw new ApiException(405, "GET and POST are known");
    }
  }

  private void login(Request request, Response response, Callback callback)
      throws ApiException, IOException {
    JsonNode body = body(request);
    long nowMs = clock.millis();
    if (!access.mayTry(nowMs)) {
      throw new ApiException(
          ApiException.TOO_MANY, "token", "too many wrong tokens; try again in a minute");
    }
    Optional<Role> role = access.roleOf(body.path("token").asText(""));
    if (role.isEmpty()) {
      access.failed(nowMs);
      throw new ApiException(
          ApiException.UNAUTHORIZED, "token", "no role has this token; console.*Token sets them");
    }
    String name = body.path("name").asText("").strip();
    if (name.length() > NAME_MAX) {
      throw new ApiException(
          ApiException.BAD_REQUEST, "name", "a name has at most " + NAME_MAX + " characters");
    }
    String value = access.open(role.get(), name.isEmpty() ? "console" : name, nowMs);
    response.getHeaders().add(HttpHeader.SET_COOKIE, cookie(value, access.sessionSeconds()));
    json(response, callback, 200, Views.JSON.createObjectNode().put("role", role.get().name()));
  }

  private static String cookie(String value, long seconds) {
    return COOKIE + "=" + value + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + seconds;
  }

  /** By the page's cookie, a token in the header, which no browser sends by itself, or a proxy. */
  private Optional<Session> session(Request request) throws ApiException {
    String bearer = request.getHeaders().get(HttpHeader.AUTHORIZATION);
    long nowMs = clock.millis();
    if (bearer != null && bearer.startsWith("Bearer ")) {
      if (!access.mayTry(nowMs)) {
        return Optional.empty();
      }
      Optional<Role> role = access.roleOf(bearer.substring("Bearer ".length()));
      if (role.isEmpty()) {
        access.failed(nowMs);
      }
      return role.map(r -> new Session(r, "token", "", false));
    }
    Optional<Session> opened =
        Request.getCookies(request).stream()
            .filter(c -> c.getName().equals(COOKIE))
            .map(HttpCookie::getValue)
            .findFirst()
            .flatMap(value -> access.session(value, nowMs));
    return opened.isPresent()
        ? opened
        : proxy.session(request.getHeaders(), Request.getRemoteAddr(request));
  }

  private static void operator(Session session) throws ApiException {
    if (session.role() != Role.OPERATOR) {
      throw new ApiException(
          ApiException.FORBIDDEN, "this login may only look; log in with the operator's token");
    }
  }

  private static void mayWrite(Request request, Session session) throws ApiException {
    if (!session.csrf().isEmpty()
        && !Access.equal(request.getHeaders().get(CSRF), session.csrf())) {
      throw new ApiException(
          ApiException.FORBIDDEN, "the request does not come from the page; reload it");
    }
  }

  private void watch(Request request, Response response, Callback callback) throws ApiException {
    String names = Request.extractQueryParameters(request).getValue("cohorts");
    List<String> cohorts = names == null ? List.of() : Arrays.asList(names.split(","));
    if (cohorts.size() > WATCHED_MAX) {
      throw new ApiException(
          ApiException.BAD_REQUEST, "cohorts", "at most " + WATCHED_MAX + " can be watched");
    }
    if (!live.open(response, callback, Set.copyOf(cohorts.stream().distinct().toList()))) {
      throw new ApiException(
          ApiException.TOO_MANY, "%d pages watch already".formatted(LiveEvents.WATCHERS_MAX));
    }
  }

  private static ConsoleApi.Ask ask(Request request, String path) {
    Fields query = Request.extractQueryParameters(request);
    List<String> parts =
        Arrays.stream(path.substring(API.length()).split("/"))
            .map(part -> URLDecoder.decode(part, StandardCharsets.UTF_8))
            .toList();
    return new ConsoleApi.Ask(
        parts,
        request.getHttpURI().getPathQuery(),
        query::getValue,
        request.getHeaders().get(DeviceLookup.FORWARDED) != null);
  }

  private static JsonNode body(Request request) throws ApiException, IOException {
    if (request.getLength() > DRAINED_MAX) {
      throw tooLarge();
    }
    byte[] bytes;
    try (InputStream in = Content.Source.asInputStream(request)) {
      bytes = in.readNBytes(BODY_MAX + 1);
      if (bytes.length > BODY_MAX) {
        in.readNBytes(DRAINED_MAX);
        throw tooLarge();
      }
    }
    try {
      JsonNode node = Views.JSON.readTree(bytes);
      if (node != null && node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException e) {
      // The one message below says all that a person can do about it.
    }
    throw new ApiException(ApiException.BAD_REQUEST, "the request is no JSON object");
  }

  private static ApiException tooLarge() {
    return new ApiException(ApiException.TOO_LARGE, "a request has at most " + BODY_MAX + " bytes");
  }

  private static void refuse(Response response, Callback callback, ApiException e) {
    if (e.status() == ApiException.TOO_LARGE) {
      response.getHeaders().put(HttpHeader.CONNECTION, "close");
    }
    ObjectNode node = Views.JSON.createObjectNode();
    node.put("problem", e.getMessage());
    node.put("field", e.field());
    json(response, callback, e.status(), node);
  }

  private static void json(Response response, Callback callback, int status, JsonNode node) {
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json; charset=utf-8");
    Content.Sink.write(response, true, node.toString(), callback);
  }
}

package io.fqtfleet.streams.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fqtfleet.streams.StreamsSettings;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.console.Access.Role;
import io.fqtfleet.streams.console.Access.Session;
import io.fqtfleet.streams.ops.HttpEndpoint;
import io.fqtfleet.streams.policy.PolicyText;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.streams.state.HostInfo;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who may do what, over HTTP; there is no Kafka behind it. */
class ConsoleHandlerTest {
  private static final String READ = "token-of-who-looks";
  private static final String OPERATE = "token-of-who-operates";
  private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");

  private static final String SECRET = "between-proxy-and-us";
  private static final StreamsSettings.ProxyLogin PROXY =
      new StreamsSettings.ProxyLogin(
          null, null, "staff", "night-shift", List.of("127.0.0.1", "::1"), SECRET);

  private final Access access = new Access(READ, OPERATE, Duration.ofHours(1));
  private final LiveEvents live = new LiveEvents(() -> "{}");
  private final HttpEndpoint endpoint = endpoint();
  private final HttpClient http = HttpClient.newHttpClient();

  private HttpEndpoint endpoint() {
    FleetMemory memory = new FleetMemory();
    Map<String, Object> client = Map.of("bootstrap.servers", "127.0.0.1:1");
    DeviceLookup devices = new DeviceLookup(() -> null, () -> new HostInfo("h", 1), READ, Map.of());
    ConsoleApi api =
        new ConsoleApi(memory, devices, new TopicTail(client), new OperatorWrites(client, memory));
    HttpEndpoint made =
        new HttpEndpoint(
            new InetSocketAddress("127.0.0.1", 0),
            new ConsoleHandler(
                access,
                new ProxyLogin(PROXY, access),
                api,
                live,
                Clock.fixed(NOW, ZoneOffset.UTC)));
    made.start();
    return made;
  }

  @AfterEach
  void stop() {
    live.close();
    endpoint.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + endpoint.port() + path));
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private int status(String path, String cookie) throws IOException, InterruptedException {
    return send(request(path).header("Cookie", "fqt_session=" + cookie)).statusCode();
  }

  private HttpResponse<String> login(String token) throws IOException, InterruptedException {
    String body = "{\"token\":\"%s\",\"name\":\"mia\"}".formatted(token);
    return send(request("/api/login").POST(BodyPublishers.ofString(body)));
  }

  private String cookie(Role role) {
    return access.open(role, "mia", NOW.toEpochMilli());
  }

  @Test
  void onlySessionsThatWeSignedAndThatAreNotOverAreLetIn() throws Exception {
    String good = cookie(Role.READER);
    assertEquals(200, status("/api/fleet", good));
    assertEquals(401, send(request("/api/fleet")).statusCode());
    assertEquals(401, status("/api/fleet", good.replace("READER", "OPERATOR")));
    assertEquals(401, status("/api/fleet", good.substring(0, good.length() - 1) + "x"));
    assertEquals(401, status("/api/fleet", "OPERATOR.9999999999999.00.00.00"));
    assertEquals(401, status("/api/fleet", "....."));
    long anHourAgo = NOW.minus(Duration.ofHours(1)).toEpochMilli();
    assertEquals(401, status("/api/fleet", access.open(Role.OPERATOR, "mia", anHourAgo)));
    Access others = new Access(READ, OPERATE + "2", Duration.ofHours(1));
    assertEquals(401, status("/api/fleet", others.open(Role.OPERATOR, "mia", NOW.toEpochMilli())));
  }

  @Test
  void theCookieIsForThisPageAloneAndNoScriptReadsIt() throws Exception {
    String set = login(OPERATE).headers().firstValue("Set-Cookie").orElseThrow();
    assertTrue(set.startsWith("fqt_session=OPERATOR."), set);
    assertTrue(set.endsWith("; Path=/; HttpOnly; SameSite=Strict; Max-Age=3600"), set);
    assertFalse(set.contains(OPERATE), "the cookie holds the token");
    assertEquals(401, login("wrong-wrong-wrong").statusCode());
    assertEquals(401, login("").statusCode());
  }

  @Test
  void guessingTokensEnds() throws Exception {
    int last = 0;
    for (int i = 0; i < 21; i++) {
      last = login("wrong-wrong-wrong-" + i).statusCode();
    }
    assertEquals(429, last);
    assertEquals(429, login(OPERATE).statusCode(), "the right one waits, too");
    assertEquals(200, status("/api/fleet", cookie(Role.READER)), "sessions go on");
  }

  @Test
  void ordersNeedTheOperatorAndTheTokenOfThePage() throws Exception {
    assertEquals(403, order(Role.READER, true).statusCode());
    assertEquals(403, order(Role.OPERATOR, false).statusCode());
    HttpResponse<String> taken = order(Role.OPERATOR, true);
    assertEquals(503, taken.statusCode(), "it reached what writes, which has no Kafka");
    assertTrue(taken.body().contains("try again"), taken.body());
    HttpResponse<String> byToken =
        send(
            request("/api/freeze")
                .header("Authorization", "Bearer " + READ)
                .POST(BodyPublishers.ofString("{}")));
    assertEquals(403, byToken.statusCode());
  }

  private HttpResponse<String> order(Role role, boolean fromThePage) throws Exception {
    String cookie = "fqt_session=" + cookie(role);
    JsonNode session =
        Views.JSON.readTree(send(request("/api/session").header("Cookie", cookie)).body());
    String csrf = fromThePage ? session.path("csrf").asText() : "0".repeat(64);
    return send(
        request("/api/freeze")
            .header("Cookie", cookie)
            .header("X-Fqt-Csrf", csrf)
            .POST(BodyPublishers.ofString("{\"comment\":\"smoke\"}")));
  }

  private HttpRequest.Builder proxied(String path, String user, String groups, String secret) {
    return request(path)
        .header("X-Forwarded-User", user)
        .header("X-Forwarded-Groups", groups)
        .header("X-Fqt-Proxy-Secret", secret);
  }

  @Test
  void whomTheProxyLoggedInIsLetInWithTheRoleOfTheirGroups() throws Exception {
    JsonNode kim =
        Views.JSON.readTree(
            send(proxied("/api/session", "kim", "staff, night-shift", SECRET)).body());
    assertEquals("OPERATOR", kim.path("role").asText());
    assertEquals("kim", kim.path("name").asText());
    assertTrue(kim.path("proxied").asBoolean());
    HttpResponse<String> lee = send(proxied("/api/session", "lee", "staff", SECRET));
    assertTrue(lee.body().contains("READER"), lee.body());
    HttpResponse<String> guest = send(proxied("/api/fleet", "eve", "guests", SECRET));
    assertEquals(403, guest.statusCode());
    assertTrue(guest.body().contains("eve is neither in group 'staff'"), guest.body());
    // A browser behind the proxy carries the headers by itself, so orders need the page's token.
    HttpRequest.BodyPublisher freeze = BodyPublishers.ofString("{}");
    assertEquals(
        403, send(proxied("/api/freeze", "kim", "night-shift", SECRET).POST(freeze)).statusCode());
    assertEquals(
        503,
        send(proxied("/api/freeze", "kim", "night-shift", SECRET)
                .header("X-Fqt-Csrf", kim.path("csrf").asText())
                .POST(freeze))
            .statusCode(),
        "it reached what writes, which has no Kafka");
  }

  @Test
  void headersThatAreNotTheProxysAreNotBelieved() throws Exception {
    String groups = "night-shift";
    assertEquals(
        401, send(proxied("/api/fleet", "eve", groups, "a-guessed-secret-1")).statusCode());
    assertEquals(401, send(request("/api/fleet").header("X-Forwarded-User", "eve")).statusCode());
    HttpRequest.Builder twice =
        proxied("/api/fleet", "kim", "staff", SECRET).header("X-Forwarded-Groups", groups);
    assertEquals(401, send(twice).statusCode(), "a second header may be the sender's own");
    HttpFields.Mutable headers =
        HttpFields.build()
            .put("X-Forwarded-User", "eve")
            .put("X-Forwarded-Groups", groups)
            .put("X-Fqt-Proxy-Secret", SECRET);
    ProxyLogin proxy = new ProxyLogin(PROXY, access);
    assertEquals(Optional.empty(), proxy.session(headers, "10.0.0.9"), "not the proxy's address");
    assertEquals(Role.OPERATOR, proxy.session(headers, "127.0.0.1").map(Session::role).get());
    assertEquals(
        Optional.empty(), new ProxyLogin(null, access).session(headers, "127.0.0.1"), "no proxy");
  }

  @Test
  void aRequestThatIsTooLongIsNotRead() throws Exception {
    byte[] big = new byte[200_000];
    assertEquals(
        413,
        send(request("/api/login").POST(BodyPublishers.ofByteArray(big))).statusCode(),
        "of a stated length");
    assertEquals(
        413,
        send(request("/api/login")
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(big))))
            .statusCode(),
        "of an unknown length");
    assertEquals(431, send(request("/").header("X-Big", "x".repeat(9_000))).statusCode());
    HttpResponse<String> none = send(request("/api/login").POST(BodyPublishers.ofString("[1")));
    assertEquals(400, none.statusCode());
    assertTrue(none.body().contains("no JSON object"), none.body());
  }

  @Test
  void noPathLeadsOutOfThePage() throws Exception {
    for (String path :
        List.of(
            "/../../etc/passwd",
            "/%2e%2e/%2e%2e/etc/passwd",
            "/..%2f..%2fetc/passwd",
            "/console/index.html",
            "/app.js/../../StaticFiles.class",
            "/app.js%00.html",
            "//etc/passwd",
            "/log4j2.xml")) {
      HttpResponse<String> answer = send(request(path));
      assertTrue(
          answer.statusCode() == 404 || answer.statusCode() == 400,
          path + " gave " + answer.statusCode());
      assertFalse(answer.body().contains("root:"), path);
    }
    for (String path : List.of("/api/devices/..%2f..%2fx", "/api/devices/%3Cscript%3E")) {
      int status = status(path, cookie(Role.OPERATOR));
      assertTrue(status == 404 || status == 400, path + " gave " + status);
    }
  }

  @Test
  void thePageAllowsNothingFromElsewhereAndNothingInline() throws Exception {
    HttpResponse<String> page = send(request("/"));
    assertEquals(200, page.statusCode());
    String policy = page.headers().firstValue("Content-Security-Policy").orElseThrow();
    assertTrue(policy.contains("default-src 'none'; script-src 'self'; style-src 'self'"), policy);
    assertFalse(policy.contains("unsafe"), policy);
    assertEquals("nosniff", page.headers().firstValue("X-Content-Type-Options").orElseThrow());
    assertFalse(page.body().contains("http://") || page.body().contains("https://"), "fetches");
    assertEquals(200, send(request("/app.js")).statusCode());
    assertEquals(405, send(request("/").POST(BodyPublishers.noBody())).statusCode());
  }

  private HttpResponse<String> check(String token, String yaml) throws Exception {
    String body = Views.JSON.createObjectNode().put("yaml", yaml).toString();
    return send(
        request("/api/policies/check")
            .header("Authorization", "Bearer " + token)
            .POST(BodyPublishers.ofString(body)));
  }

  @Test
  void whatIsWrongWithAPolicyIsSaidWithItsLine() throws Exception {
    String good = PolicyText.yaml(Policies.DEFAULT).replaceFirst("version: .*\n", "");
    JsonNode first = Views.JSON.readTree(check(OPERATE, good).body());
    assertEquals(0, first.path("problems").size(), first.toString());
    assertEquals(1, first.path("version").asInt());
    String wrong = good.replaceFirst("cohort: .*", "cohort: <script>alert(1)</script>");
    JsonNode problems = Views.JSON.readTree(check(OPERATE, wrong).body()).path("problems");
    assertEquals("cohort", problems.path(0).path("path").asText());
    assertEquals(1, problems.path(0).path("line").asInt());
    assertEquals(403, check(READ, good).statusCode(), "who may only look asks for no judgement");
    String bomb = "cohort: &a [x, x]\nround: &b [*a, *a, *a]\nquiet: [*b, *b, *b]\n";
    assertTrue(check(OPERATE, bomb).body().contains("problems"), "aliases are not unfolded");
    assertEquals(200, check(OPERATE, "[".repeat(5_000)).statusCode(), "nor is depth a defect");
    assertEquals(413, check(OPERATE, "x".repeat(70_000)).statusCode());
    assertEquals(400, status("/api/policies/..%2fx/draft", cookie(Role.OPERATOR)));
  }

  @Test
  void aWrongParameterIsNamed() throws Exception {
    HttpResponse<String> answer =
        send(
            request("/api/alerts?size=5000")
                .header("Cookie", "fqt_session=" + cookie(Role.READER)));
    assertEquals(400, answer.statusCode());
    assertEquals("{\"problem\":\"'5000' is not in 1..200\",\"field\":\"size\"}", answer.body());
  }
}

package io.fqtfleet.streams.console;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Who may do what. A session is a signed cookie, {@code role.expiry.nonce.name.mac}: every instance
 * with the same tokens knows it, none stores it, and other tokens end all sessions. Any thread.
 */
final class Access {
  /** What one may do; each may what the one before may. */
  enum Role {
    READER,
    OPERATOR
  }

  /**
   * @param name who it is, by their own account
   * @param csrf what every write must carry beside what the browser sends by itself; empty = that
   *     is nothing
   * @param proxied a proxy says so with each request: there is nothing to log out of here
   */
  record Session(Role role, String name, String csrf, boolean proxied) {}

  private static final String MAC = "HmacSHA256";
  private static final int NONCE_BYTES = 16;

  /** Wrong logins per minute, of all callers together: guessing must not get anywhere. */
  private static final int FAILURES_MAX = 20;

  private static final long MINUTE_MS = 60_000;

  private final String readToken;
  private final String operatorToken;
  private final Duration sessionLength;
  private final byte[] key;
  private final SecureRandom random = new SecureRandom();
  private long minute;
  private int failures;

  /** A token may be null: nobody has that role then. */
  Access(String readToken, String operatorToken, Duration sessionLength) {
    this.readToken = readToken;
    this.operatorToken = operatorToken;
    this.sessionLength = sessionLength;
    this.key = digest("fqt-console\0" + readToken + "\0" + operatorToken);
  }

  /** The role that a token gives. */
  Optional<Role> roleOf(String token) {
    // Both are always compared, each in constant time.
    boolean operator = equal(token, operatorToken);
    boolean reader = equal(token, readToken);
    return operator
        ? Optional.of(Role.OPERATOR)
        : reader ? Optional.of(Role.READER) : Optional.empty();
  }

  /** False if there were too many wrong tokens in this minute. */
  synchronized boolean mayTry(long nowMs) {
    return nowMs / MINUTE_MS != minute || failures < FAILURES_MAX;
  }

  synchronized void failed(long nowMs) {
    if (nowMs / MINUTE_MS != minute) {
      minute = nowMs / MINUTE_MS;
      failures = 0;
    }
    failures++;
  }

  /** The cookie of a new session. */
  String open(Role role, String name, long nowMs) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    HexFormat hex = HexFormat.of();
    String said =
        String.join(
            ".",
            role.name(),
            Long.toString(nowMs + sessionLength.toMillis()),
            hex.formatHex(nonce),
            hex.formatHex(name.getBytes(StandardCharsets.UTF_8)));
    return said + "." + mac("session\0" + said);
  }

  /** The session of a cookie that we signed and that has not expired. */
  Optional<Session> session(String cookie, long nowMs) {
    int end = cookie == null ? -1 : cookie.lastIndexOf('.');
    if (end < 0 || !equal(cookie.substring(end + 1), mac("session\0" + cookie.substring(0, end)))) {
      return Optional.empty();
    }
    // Only what we wrote passes the check above, so these parts are there.
    String[] parts = cookie.split("\\.");
    if (Long.parseLong(parts[1]) <= nowMs) {
      return Optional.empty();
    }
    String name = new String(HexFormat.of().parseHex(parts[3]), StandardCharsets.UTF_8);
    return Optional.of(new Session(Role.valueOf(parts[0]), name, mac("csrf\0" + cookie), false));
  }

  /** Of a request that a proxy vouches for. */
  Session ofProxy(Role role, String name) {
    return new Session(role, name, mac("csrf-proxy\0" + role + "\0" + name), true);
  }

  /** How one instance asks another: with the lesser token. */
  String tokenAmongInstances() {
    return readToken == null ? operatorToken : readToken;
  }

  long sessionSeconds() {
    return sessionLength.toSeconds();
  }

  /** In a time that depends on neither value; of digests, so lengths do not show either. */
  static boolean equal(String a, String b) {
    return MessageDigest.isEqual(digest(String.valueOf(a)), digest(String.valueOf(b)))
        && a != null
        && b != null;
  }

  private String mac(String text) {
    try {
      Mac mac = Mac.getInstance(MAC);
      mac.init(new SecretKeySpec(key, MAC));
      return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + MAC, e);
    }
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}

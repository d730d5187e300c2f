package io.fqtfleet.streams.console;

import io.fqtfleet.streams.StreamsSettings;
import io.fqtfleet.streams.console.Access.Role;
import io.fqtfleet.streams.console.Access.Session;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.http.HttpFields;

/**
 * People whom a proxy has logged in (OIDC) and names in headers. They are believed only from the
 * proxy's address and with its secret, as far as these are set, and only if each comes once: a
 * second one could be the sender's own.
 */
final class ProxyLogin {
  private static final String SECRET = "X-Fqt-Proxy-Secret";
  private static final int USER_MAX = 60;

  private final StreamsSettings.ProxyLogin settings;
  private final Access access;
  private final Set<InetAddress> addresses = new HashSet<>();

  /**
   * @param settings null = there is no proxy, and no header is believed
   */
  ProxyLogin(StreamsSettings.ProxyLogin settings, Access access) {
    this.settings = settings;
    this.access = access;
    if (settings != null) {
      settings.addresses().forEach(a -> address(a).ifPresent(addresses::add));
    }
  }

  /**
   * Who sends this; empty if no proxy of ours says so.
   *
   * @param from the IP address of the connection's other end
   * @throws ApiException if the proxy knows them, but their groups give no role
   */
  Optional<Session> session(HttpFields headers, String from) throws ApiException {
    if (settings == null || !headers.contains(settings.userHeader()) || !isProxy(headers, from)) {
      return Optional.empty();
    }
    List<String> users = headers.getValuesList(settings.userHeader());
    List<String> groups = headers.getValuesList(settings.groupsHeader());
    if (users.size() != 1 || groups.size() > 1 || users.get(0).isBlank()) {
      return Optional.empty();
    }
    String user = users.get(0).strip();
    user = user.substring(0, Math.min(USER_MAX, user.length()));
    List<String> member =
        groups.isEmpty()
            ? List.of()
            : Arrays.stream(groups.get(0).split(",")).map(String::strip).toList();
    if (member.contains(settings.operatorGroup())) {
      return Optional.of(access.ofProxy(Role.OPERATOR, user));
    }
    if (settings.readerGroup() == null || member.contains(settings.readerGroup())) {
      return Optional.of(access.ofProxy(Role.READER, user));
    }
    throw new ApiException(
        ApiException.FORBIDDEN,
        "%s is neither in group '%s' nor in '%s'; ask who keeps the groups"
            .formatted(user, settings.readerGroup(), settings.operatorGroup()));
  }

  private boolean isProxy(HttpFields headers, String from) {
    boolean known = addresses.isEmpty() || address(from).filter(addresses::contains).isPresent();
    return known
        && (settings.secret() == null || Access.equal(headers.get(SECRET), settings.secret()));
  }

  /** Of a literal, so nothing is asked of a name server. */
  private static Optional<InetAddress> address(String literal) {
    try {
      return literal.matches("[0-9a-fA-F:.%\\[\\]]+")
          ? Optional.of(InetAddress.getByName(literal))
          : Optional.empty();
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }
}

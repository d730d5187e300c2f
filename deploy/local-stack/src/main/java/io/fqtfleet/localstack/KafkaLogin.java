package io.fqtfleet.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How clients get into a {@link LocalKafka}: over TLS, with a name and a password by SASL PLAIN or
 * SCRAM-SHA-256.
 *
 * @param ca who signed the server's certificate
 * @param users name -> password, letters and digits
 */
public record KafkaLogin(Path ca, LocalCertificates.Holder server, Map<String, String> users) {
  private static final String LISTENER = "listener.name.clients.";

  public KafkaLogin {
    users = new TreeMap<>(users);
    users.forEach(
        (name, password) -> {
          if (!(name + password).matches("[A-Za-z0-9-]+")) {
            throw new IllegalArgumentException(
                "user '%s': name and password may have letters, digits and '-'".formatted(name));
          }
        });
  }

  /** Settings of the server's listener CLIENTS. */
  Map<String, String> settings() {
    Map<String, String> s = new TreeMap<>();
    s.put(LISTENER + "sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256");
    s.put(
        LISTENER + "plain.sasl.jaas.config",
        users.entrySet().stream()
            .map(user -> "user_%s=\"%s\"".formatted(user.getKey(), user.getValue()))
            .collect(
                Collectors.joining(
                    " ",
                    "org.apache.kafka.common.security.plain.PlainLoginModule required ",
                    ";")));
    s.put(
        LISTENER + "scram-sha-256.sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required;");
    s.put(LISTENER + "ssl.keystore.type", "PEM");
    s.put(LISTENER + "ssl.keystore.certificate.chain", text(server.certificate()));
    s.put(LISTENER + "ssl.keystore.key", text(server.key()));
    return s;
  }

  /** Arguments of the storage tool that put the SCRAM passwords into the node's first metadata. */
  List<String> formatArguments() {
    List<String> arguments = new ArrayList<>();
    users.forEach(
        (name, password) -> {
          arguments.add("--add-scram");
          arguments.add("SCRAM-SHA-256=[name=%s,password=%s]".formatted(name, password));
        });
    return arguments;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  @Override
  public String toString() {
    return "KafkaLogin[users=" + users.keySet() + "]";
  }
}

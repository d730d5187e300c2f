package io.fqtfleet.localstack;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A certificate authority for one machine, made by the JDK's keytool: PEM files for brokers and
 * clients on 127.0.0.1. The keys are worth nothing elsewhere and live a day.
 */
public final class LocalCertificates {
  private static final String PASSWORD = "local-only";
  private static final String CA = "ca";
  private static final String VALID_DAYS = "1";

  private final Path directory;

  /**
   * Certificate chain and PKCS#8 key of one holder.
   *
   * @param certificate PEM, its own first
   * @param key PEM
   */
  public record Holder(Path certificate, Path key) {}

  /** Makes the authority. */
  public LocalCertificates(Path directory) {
    this.directory = directory;
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("no folder for certificates: " + directory, e);
    }
    generate(CA, "CN=fqt-local-ca", "-ext", "bc:c");
    writePem(ca(), CA);
  }

  /** PEM certificate of the authority. */
  public Path ca() {
    return directory.resolve("ca.pem");
  }

  /** A certificate that names {@code name} as CN, for 127.0.0.1 and localhost. */
  public Holder issue(String name) {
    generate(name, "CN=" + name);
    Path request = directory.resolve(name + ".csr");
    Path signed = directory.resolve(name + ".crt");
    keytool(name, "-certreq", "-alias", name, "-file", request.toString());
    keytool(
        CA,
        "-gencert",
        "-alias",
        CA,
        "-infile",
        request.toString(),
        "-outfile",
        signed.toString(),
        "-validity",
        VALID_DAYS,
        "-ext",
        "san=ip:127.0.0.1,dns:localhost");
    keytool(name, "-importcert", "-noprompt", "-alias", CA, "-file", ca().toString());
    keytool(name, "-importcert", "-noprompt", "-alias", name, "-file", signed.toString());
    Holder files =
        new Holder(directory.resolve(name + ".pem"), directory.resolve(name + ".key.pem"));
    writePem(files.certificate(), name);
    writeKey(files.key(), name);
    return files;
  }

  private void generate(String alias, String subject, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("-genkeypair", "-alias", alias, "-dname", subject, "-keyalg", "RSA"));
    arguments.addAll(List.of("-keysize", "2048", "-validity", VALID_DAYS));
    arguments.addAll(List.of(more));
    keytool(alias, arguments.toArray(String[]::new));
  }

  private void keytool(String store, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-keystore", store(store).toString(), "-storetype", "PKCS12"));
    command.addAll(List.of("-storepass", PASSWORD));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException("keytool " + arguments[0] + " failed: " + said.strip());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("keytool of this JDK does not start", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while certificates were made", e);
    }
  }

  private Path store(String name) {
    return directory.resolve(name + ".p12");
  }

  private void writePem(Path file, String alias) {
    try {
      StringBuilder text = new StringBuilder();
      for (var certificate : open(alias).getCertificateChain(alias)) {
        text.append(pem("CERTIFICATE", certificate.getEncoded()));
      }
      Files.writeString(file, text);
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("the certificate of " + alias + " cannot be written", e);
    }
  }

  private void writeKey(Path file, String alias) {
    try {
      byte[] key = open(alias).getKey(alias, PASSWORD.toCharArray()).getEncoded();
      Files.writeString(file, pem("PRIVATE KEY", key));
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("the key of " + alias + " cannot be written", e);
    }
  }

  private KeyStore open(String name) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store(name))) {
      store.load(in, PASSWORD.toCharArray());
    }
    return store;
  }

  private static String pem(String kind, byte[] bytes) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(kind, body, kind);
  }
}

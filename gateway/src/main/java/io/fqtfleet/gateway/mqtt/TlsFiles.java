package io.fqtfleet.gateway.mqtt;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * The PEM files of a TLS connection. They are read anew for each connection, so a renewed
 * certificate is taken at the next reconnect.
 *
 * @param ca certificates that may sign the broker's; null = those the JVM trusts
 * @param certificate our chain, for mutual TLS; null = none
 * @param key its private key, PKCS#8 without a passphrase; null = none
 * @param verifyHostname the broker's certificate must name its host
 */
public record TlsFiles(Path ca, Path certificate, Path key, boolean verifyHostname) {
  private static final Pattern PRIVATE_KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "Ed25519");
  private static final char[] NO_PASSWORD = new char[0];

  /** A file that cannot be used; the message names it, the rule and the remedy. */
  public static final class UnusableException extends Exception {
    private static final long serialVersionUID = 1L;

    UnusableException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** Sockets with TCP_NODELAY that speak TLS 1.3 or 1.2. */
  public SSLSocketFactory sockets() throws UnusableException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keyManagers(), trustManagers(), null);
      return new NoDelayTlsSockets(context.getSocketFactory());
    } catch (GeneralSecurityException e) {
      throw new UnusableException("the certificates do not make a TLS context: " + e, e);
    }
  }

  private TrustManager[] trustManagers() throws GeneralSecurityException, UnusableException {
    if (ca == null) {
      return null;
    }
    KeyStore trusted = empty();
    int number = 0;
    for (Certificate certificate : certificates(ca)) {
      trusted.setCertificateEntry("ca-" + number++, certificate);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    return factory.getTrustManagers();
  }

  private KeyManager[] keyManagers() throws GeneralSecurityException, UnusableException {
    if (certificate == null) {
      return null;
    }
    KeyStore own = empty();
    Certificate[] chain = certificates(certificate).toArray(new Certificate[0]);
    PrivateKey privateKey = privateKey();
    if (!privateKey.getAlgorithm().equals(chain[0].getPublicKey().getAlgorithm())) {
      throw new UnusableException(
          "%s is a %s key, the certificate in %s has a %s one; give the key that belongs to it"
              .formatted(
                  key,
                  privateKey.getAlgorithm(),
                  certificate,
                  chain[0].getPublicKey().getAlgorithm()),
          null);
    }
    own.setKeyEntry("gateway", privateKey, NO_PASSWORD, chain);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(own, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static KeyStore empty() throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try {
      store.load(null, null);
    } catch (IOException e) {
      throw new IllegalStateException("an empty key store needs no input", e);
    }
    return store;
  }

  private static Collection<? extends Certificate> certificates(Path file)
      throws UnusableException {
    try (InputStream in = Files.newInputStream(file)) {
      List<Certificate> found =
          new ArrayList<>(CertificateFactory.getInstance("X.509").generateCertificates(in));
      if (found.isEmpty()) {
        throw new UnusableException(file + " holds no certificate; give a PEM file with one", null);
      }
      return found;
    } catch (IOException e) {
      throw new UnusableException(file + " cannot be read (" + e + "); check path and rights", e);
    } catch (GeneralSecurityException e) {
      throw new UnusableException(
          file + " holds no X.509 certificates in PEM form (" + e.getMessage() + ")", e);
    }
  }

  private PrivateKey privateKey() throws UnusableException {
    String text;
    try {
      text = Files.readString(key);
    } catch (IOException e) {
      throw new UnusableException(key + " cannot be read (" + e + "); check path and rights", e);
    }
    Matcher matcher = PRIVATE_KEY.matcher(text);
    if (!matcher.find()) {
      throw new UnusableException(
          key
              + " holds no '-----BEGIN PRIVATE KEY-----' (PKCS#8 without a passphrase);"
              + " convert it: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW",
          null);
    }
    PKCS8EncodedKeySpec encoded =
        new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(matcher.group(1)));
    for (String algorithm : KEY_ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
      } catch (GeneralSecurityException e) {
        continue; // it is a key of another kind
      }
    }
    throw new UnusableException(key + " is no key of a kind in " + KEY_ALGORITHMS, null);
  }
}

package io.fqtfleet.sim.link;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * How devices get into the broker.
 *
 * @param tls whether the connection is encrypted
 * @param ca PEM file of who may sign the broker's certificate; null = whom the JVM trusts
 * @param username null = none
 * @param password of that name
 * @param from source address of the connection; null = the system's choice. One address has about
 *     28,000 ports
 */
public record MqttAccess(boolean tls, Path ca, String username, String password, InetAddress from) {
  /** Plain TCP, no login. */
  public static final MqttAccess OPEN = new MqttAccess(false, null, null, null, null);

  /**
   * The authorities of {@link #ca}.
   *
   * @throws IllegalArgumentException if the file holds no certificate
   */
  TrustManagerFactory authorities() {
    try (InputStream in = Files.newInputStream(ca)) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      int number = 0;
      for (Certificate authority :
          CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        trusted.setCertificateEntry("ca-" + number++, authority);
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(trusted);
      return factory;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "%s holds no certificates; give the PEM file of the broker's authority: %s"
              .formatted(ca, e.getMessage()),
          e);
    }
  }

  public MqttAccess withFrom(InetAddress address) {
    return new MqttAccess(tls, ca, username, password, address);
  }

  /** Never shows the password. */
  @Override
  public String toString() {
    return "MqttAccess[tls=%s, ca=%s, username=%s, from=%s]".formatted(tls, ca, username, from);
  }
}

package io.fqtfleet.gateway.mqtt;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.util.Set;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.internal.NetworkModule;
import org.eclipse.paho.mqttv5.client.internal.SSLNetworkModuleFactory;
import org.eclipse.paho.mqttv5.client.internal.TCPNetworkModuleFactory;
import org.eclipse.paho.mqttv5.client.spi.NetworkModuleFactory;
import org.eclipse.paho.mqttv5.common.MqttException;

/**
 * Paho's TCP and TLS connections with a {@link TextGuard} before its reader. Paho finds this class
 * by {@code META-INF/services}, for addresses that {@link #guarded} made.
 */
public final class PahoModules implements NetworkModuleFactory {
  private static final String PREFIX = "guarded-";
  private static final String TCP = PREFIX + "tcp";
  private static final String SSL = PREFIX + "ssl";

  /** The address under which Paho reads through the guard. */
  static String guarded(String uri) {
    return PREFIX + uri;
  }

  @Override
  public Set<String> getSupportedUriSchemes() {
    return Set.of(TCP, SSL);
  }

  @Override
  public void validateURI(URI uri) {
    of(uri).validateURI(uri);
  }

  @Override
  public NetworkModule createNetworkModule(URI uri, MqttConnectionOptions options, String clientId)
      throws MqttException {
    return new Guarded(of(uri).createNetworkModule(uri, options, clientId));
  }

  private static NetworkModuleFactory of(URI uri) {
    return uri.getScheme().equals(SSL)
        ? new SSLNetworkModuleFactory()
        : new TCPNetworkModuleFactory();
  }

  /** One connection. */
  private static final class Guarded implements NetworkModule {
    private final NetworkModule module;

    private Guarded(NetworkModule module) {
      this.module = module;
    }

    @Override
    public void start() throws IOException, MqttException {
      module.start();
    }

    @Override
    public InputStream getInputStream() throws IOException {
      return new TextGuard(module.getInputStream());
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
      return module.getOutputStream();
    }

    @Override
    public void stop() throws IOException {
      module.stop();
    }

    @Override
    public String getServerURI() {
      return module.getServerURI();
    }
  }
}

package io.fqtfleet.gateway.mqtt;

import java.util.ResourceBundle;
import org.eclipse.paho.mqttv5.client.logging.Logger;

/**
 * Paho's logger that says nothing and costs nothing. Paho makes a new one for each acknowledgement;
 * its own looks up a {@code java.util.logging} logger and a resource bundle each time, more than
 * half of what an acknowledgement costs, and prints stack traces when a connection ends. The
 * callbacks tell us all of it.
 *
 * <p>Public, because Paho makes it by its name.
 */
public final class PahoSilence implements Logger {
  @Override
  public void initialise(ResourceBundle bundle, String loggerId, String resourceName) {}

  @Override
  public void setResourceName(String name) {}

  @Override
  public boolean isLoggable(int level) {
    return false;
  }

  @Override
  public void severe(String type, String method, String message) {}

  @Override
  public void severe(String type, String method, String message, Object[] inserts) {}

  @Override
  public void severe(
      String type, String method, String message, Object[] inserts, Throwable thrown) {}

  @Override
  public void warning(String type, String method, String message) {}

  @Override
  public void warning(String type, String method, String message, Object[] inserts) {}

  @Override
  public void warning(
      String type, String method, String message, Object[] inserts, Throwable thrown) {}

  @Override
  public void info(String type, String method, String message) {}

  @Override
  public void info(String type, String method, String message, Object[] inserts) {}

  @Override
  public void info(
      String type, String method, String message, Object[] inserts, Throwable thrown) {}

  @Override
  public void config(String type, String method, String message) {}

  @Override
  public void config(String type, String method, String message, Object[] inserts) {}

  @Override
  public void config(
      String type, String method, String message, Object[] inserts, Throwable thrown) {}

  @Override
  public void fine(String type, String method, String message) {}

  @Override
  public void fine(String type, String method, String message, Object[] inserts) {}

  @Override
  public void fine(
      String type, String method, String message, Object[] inserts, Throwable thrown) {}

  @Override
  public void finer(String type, String method, String message) {}

  @Override
  public void finer(String type, String method, String message, Object[] inserts) {}

  @Override
  public void finer(
      String type, String method, String message, Object[] inserts, Throwable thrown) {}

  @Override
  public void finest(String type, String method, String message) {}

  @Override
  public void finest(String type, String method, String message, Object[] inserts) {}

  @Override
  public void finest(
      String type, String method, String message, Object[] inserts, Throwable thrown) {}

  @Override
  public void log(
      int level, String type, String method, String message, Object[] inserts, Throwable thrown) {}

  @Override
  public void trace(
      int level, String type, String method, String message, Object[] inserts, Throwable thrown) {}

  @Override
  public String formatMessage(String message, Object[] inserts) {
    return message;
  }

  @Override
  public void dumpTrace() {}
}

package io.fqtfleet.gateway;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;

/** Keeps every line that any library logs at INFO or above, and ours at DEBUG, until closed. */
final class LogCapture extends AbstractAppender implements AutoCloseable {
  private final StringWriter text = new StringWriter();
  private final LoggerConfig root;
  private final Level rootLevel;
  private final Level ourLevel;

  LogCapture() {
    super("capture", null, null, true, Property.EMPTY_ARRAY);
    var configuration = LoggerContext.getContext(false).getConfiguration();
    root = configuration.getRootLogger();
    rootLevel = root.getLevel();
    ourLevel = configuration.getLoggerConfig("io.fqtfleet").getLevel();
    start();
    root.addAppender(this, Level.ALL, null);
    Configurator.setRootLevel(Level.INFO);
    Configurator.setLevel("io.fqtfleet", Level.DEBUG);
  }

  @Override
  public synchronized void append(LogEvent event) {
    text.append(event.getLoggerName()).append(' ');
    text.append(event.getMessage().getFormattedMessage()).append('\n');
    if (event.getThrown() != null) {
      event.getThrown().printStackTrace(new PrintWriter(text, true));
    }
  }

  synchronized String text() {
    return text.toString();
  }

  @Override
  public void close() {
    root.removeAppender("capture");
    Configurator.setRootLevel(rootLevel);
    Configurator.setLevel("io.fqtfleet", ourLevel);
    stop();
  }
}

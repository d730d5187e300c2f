package io.fqtfleet.gateway;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first SIGTERM or SIGINT ends the JVM in good order (shutdown hooks run), a second one at
 * once. By reflection: the JDK has no other way than sun.misc.Signal (module jdk.unsupported), and
 * the compiler's warning about it cannot be silenced.
 */
final class StopSignals {
  private static final Logger LOG = LoggerFactory.getLogger(StopSignals.class);
  private static final int STOPPED_BY_SIGNAL = 130;
  private static final AtomicBoolean CAME = new AtomicBoolean();

  private StopSignals() {}

  static void install() {
    for (String name : List.of("TERM", "INT")) {
      try {
        handle(name);
      } catch (InvocationTargetException | IllegalArgumentException e) {
        // Taken by the JVM (-Xrs): it then ends at the first signal, and what is under way comes
        // again after the next start.
        LOG.warn("signal={} cannot be handled, the gateway will not drain at it", name);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("this JDK has no sun.misc.Signal", e);
      }
    }
  }

  private static void handle(String name) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> handler = Class.forName("sun.misc.SignalHandler");
    Object ours =
        Proxy.newProxyInstance(
            handler.getClassLoader(),
            new Class<?>[] {handler},
            (proxy, method, arguments) -> {
              came(name);
              return null;
            });
    signal
        .getMethod("handle", signal, handler)
        .invoke(null, signal.getConstructor(String.class).newInstance(name), ours);
  }

  private static void came(String name) {
    if (CAME.getAndSet(true)) {
      LOG.warn("signal={} the second one: ending at once", name);
      Runtime.getRuntime().halt(STOPPED_BY_SIGNAL);
    }
    LOG.info("signal={} draining; a second one ends at once", name);
    new Thread(() -> System.exit(0), "fqt-gateway-exit").start();
  }
}

package io.fqtfleet.localstack;

/** A broker cannot start because another program listens on its port. */
public final class PortBusyException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  private final int port;

  PortBusyException(int port, String user) {
    super(
        ("%s cannot listen on 127.0.0.1:%d: the port is busy. Stop the program that holds it"
                + " (ss -ltnp 'sport = :%d' names it), or choose another port; 0 takes any free"
                + " one.")
            .formatted(user, port, port));
    this.port = port;
  }

  public int port() {
    return port;
  }
}

package io.fqtfleet.localstack;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Eclipse Mosquitto as a child process, on 127.0.0.1, with the limits that are shipped in {@code
 * deploy/config/mosquitto.conf}. {@link #available} tells whether the program is installed.
 */
public final class MosquittoBroker implements MqttBrokerProcess {
  private static final long START_TIMEOUT_MS = 10_000;
  private static final long STOP_TIMEOUT_MS = 10_000;
  private static final long POLL_MS = 20;
  private static final String ANYBODY = "allow_anonymous true";

  private final Path directory;
  private final int port;
  private final String access;
  private Process process;
  private Thread atExit;

  /** On a free port. */
  public MosquittoBroker(Path directory) {
    this(directory, 0);
  }

  /**
   * @param directory of its files; made at the first start
   * @param port to listen on; 0 = any free one, kept for the life of this object
   */
  public MosquittoBroker(Path directory, int port) {
    this(directory, port, ANYBODY);
  }

  private MosquittoBroker(Path directory, int port, String access) {
    this.directory = directory.toAbsolutePath();
    this.port = LoopbackPorts.choose(port);
    this.access = access;
  }

  /**
   * TLS with client certificates only: a client is who its certificate's CN says, and may do what
   * the access list of {@code acl} allows that name.
   */
  public static MosquittoBroker withCertificates(
      Path directory, Path ca, LocalCertificates.Holder server, Path acl) {
    return new MosquittoBroker(
        directory,
        0,
        """
        cafile %s
        certfile %s
        keyfile %s
        require_certificate true
        use_identity_as_username true
        allow_anonymous false
        acl_file %s\
        """
            .formatted(ca, server.certificate(), server.key(), acl));
  }

  /**
   * Plain TCP with names and passwords; each may do what the access list of {@code acl} allows the
   * name.
   *
   * @param users name -> password
   */
  public static MosquittoBroker withPasswords(Path directory, Map<String, String> users, Path acl) {
    return withPasswords(directory, users, acl, "");
  }

  /** The same over TLS. */
  public static MosquittoBroker withPasswordsOverTls(
      Path directory, LocalCertificates.Holder server, Map<String, String> users, Path acl) {
    String tls = "certfile %s%nkeyfile %s%n".formatted(server.certificate(), server.key());
    return withPasswords(directory, users, acl, tls);
  }

  private static MosquittoBroker withPasswords(
      Path directory, Map<String, String> users, Path acl, String tls) {
    Path passwords = directory.toAbsolutePath().resolve("passwords");
    try {
      Files.createDirectories(passwords.getParent());
      List<String> lines = new ArrayList<>();
      users.forEach((name, password) -> lines.add(name + ":" + password));
      Files.write(passwords, lines);
      Process hashing =
          new ProcessBuilder("mosquitto_passwd", "-U", passwords.toString())
              .redirectErrorStream(true)
              .start();
      String said = new String(hashing.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (hashing.waitFor() != 0) {
        throw new IllegalStateException("mosquitto_passwd failed: " + said.strip());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("mosquitto_passwd did not hash " + passwords, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while passwords were hashed", e);
    }
    return new MosquittoBroker(
        directory,
        0,
        tls
            + """
            password_file %s
            allow_anonymous false
            acl_file %s\
            """
                .formatted(passwords, acl));
  }

  /** True if the program is installed. */
  public static boolean available() {
    return binary().isPresent();
  }

  @Override
  public String name() {
    return "mosquitto";
  }

  @Override
  public synchronized void start() {
    if (process != null) {
      return;
    }
    Path binary =
        binary()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "mosquitto is not installed; apt-get install mosquitto"));
    LoopbackPorts.requireFree(port, "mosquitto");
    try {
      Files.createDirectories(directory);
      Path config = directory.resolve("mosquitto.conf");
      Files.writeString(config, configuration());
      process =
          new ProcessBuilder(binary.toString(), "-c", config.toString())
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("output.log").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException("mosquitto did not start in " + directory, e);
    }
    atExit = new Thread(process::destroy, "stop-mosquitto");
    Runtime.getRuntime().addShutdownHook(atExit);
    awaitListening();
  }

  /** Asks the process to end (it saves its state) and waits for it. */
  @Override
  public synchronized void stop() {
    end(false);
  }

  @Override
  public synchronized void kill() {
    end(true);
  }

  @Override
  public synchronized void pause() {
    ProcessSignals.send("STOP", process);
  }

  @Override
  public synchronized void resume() {
    ProcessSignals.send("CONT", process);
  }

  @Override
  public synchronized boolean alive() {
    return process != null && process.isAlive();
  }

  @Override
  public synchronized long pid() {
    if (process == null) {
      throw new IllegalStateException("mosquitto does not run");
    }
    return process.pid();
  }

  /** Has it save its state now (SIGUSR1), as it does every {@code autosave_interval}. */
  public synchronized void save() {
    ProcessSignals.send("USR1", process);
  }

  @Override
  public int port() {
    return port;
  }

  private void end(boolean forcibly) {
    if (process == null) {
      return;
    }
    Process ending = process;
    process = null;
    removeHook();
    if (forcibly) {
      ending.destroyForcibly();
    } else {
      ending.destroy();
    }
    try {
      if (!ending.waitFor(STOP_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
        ending.destroyForcibly();
        throw new IllegalStateException(
            "mosquitto (pid %d) did not stop in %d ms and was killed"
                .formatted(ending.pid(), STOP_TIMEOUT_MS));
      }
    } catch (InterruptedException e) {
      ending.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void removeHook() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The JVM is already ending and runs the hook itself.
      atExit = null;
    }
  }

  private void awaitListening() {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_TIMEOUT_MS);
    while (!LoopbackPorts.accepts(port)) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        kill();
        throw new IllegalStateException(
            "mosquitto does not listen on %s; it said: %s".formatted(uri(), said()));
      }
      try {
        Thread.sleep(POLL_MS);
      } catch (InterruptedException e) {
        kill();
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while mosquitto started", e);
      }
    }
  }

  private String said() {
    StringBuilder text = new StringBuilder();
    for (String name : List.of("output.log", "mosquitto.log")) {
      try {
        text.append(Files.readString(directory.resolve(name)));
      } catch (IOException e) {
        text.append("(no ").append(name).append(")");
      }
    }
    return text.toString().strip();
  }

  private String configuration() {
    // As root mosquitto would become the user "mosquitto", which cannot write our directory.
    boolean root = "root".equals(System.getProperty("user.name"));
    return configuration(LoopbackPorts.HOST, port, directory.toString(), access)
        .replace("${log}", "file " + directory.resolve("mosquitto.log"))
        .replace("${user}", root ? "user root" : "# not started as root: keeps its user");
  }

  /** For a container: its user is set from outside, and it logs to its console. */
  public static String containerConfiguration(int port, String directory) {
    return configuration("0.0.0.0", port, directory, ANYBODY)
        .replace("${log}", "stdout")
        .replace("${user}", "# keeps the user of the container");
  }

  private static String configuration(String address, int port, String directory, String access) {
    String here =
        resource("mosquitto-here.conf")
            .replace("${access}", access)
            .replace("${address}", address)
            .replace("${port}", Integer.toString(port))
            .replace("${directory}", directory);
    return here + resource("mosquitto.conf");
  }

  private static String resource(String name) {
    try (InputStream in = MosquittoBroker.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(name + " of this jar cannot be read", e);
    }
  }

  private static Optional<Path> binary() {
    String path = System.getenv().getOrDefault("PATH", "");
    // Debian puts it where only root's PATH looks.
    return Stream.concat(
            Stream.of(path.split(File.pathSeparator)), Stream.of("/usr/sbin", "/usr/local/sbin"))
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory, "mosquitto"))
        .filter(Files::isExecutable)
        .findFirst();
  }
}

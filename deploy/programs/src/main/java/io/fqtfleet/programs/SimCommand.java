package io.fqtfleet.programs;

import io.fqtfleet.localstack.ArtemisProcess;
import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.localstack.MqttBrokerProcess;
import io.fqtfleet.programs.sim.Comparison;
import io.fqtfleet.programs.sim.FleetRecorder;
import io.fqtfleet.programs.sim.Merge;
import io.fqtfleet.programs.sim.MessageFiles;
import io.fqtfleet.programs.sim.SimOptions;
import io.fqtfleet.programs.sim.SimReports;
import io.fqtfleet.programs.sim.SimResult;
import io.fqtfleet.programs.sim.SimRun;
import io.fqtfleet.programs.sim.SimStack;
import io.fqtfleet.programs.sim.SimTarget;
import io.fqtfleet.programs.sim.SummaryText;
import io.fqtfleet.schemas.DeviceKeys;
import io.fqtfleet.sim.fleet.CohortSpec.Fidelity;
import io.fqtfleet.sim.fleet.FactoryModel;
import io.fqtfleet.sim.fleet.ModelTrainer;
import io.fqtfleet.sim.fleet.Scenario;
import io.fqtfleet.sim.link.MqttAccess;
import io.fqtfleet.sim.signal.FileDataSet;
import io.fqtfleet.sim.signal.SignalSpace;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fleet sim}: simulated devices against any brokers, and what became of their reports. */
@Command(name = "sim", description = "a fleet of simulated devices, and the load test")
final class SimCommand {
  private static final int PORT_MAX = 65_535;
  private static final Pattern SLICE = Pattern.compile("(\\d{1,4})/(\\d{1,4})");

  @Spec private CommandSpec spec;

  /** Broker kinds that this program can start itself. */
  enum Embedded {
    ARTEMIS,
    MOSQUITTO
  }

  /** A deployment instead of brokers on loopback. */
  static final class Deployment {
    @Option(
        names = "--mqtt",
        required = true,
        paramLabel = "HOST:PORT",
        description = "an MQTT broker instead of the embedded stack")
    private String mqtt;

    @Option(
        names = "--master-key-file",
        required = true,
        paramLabel = "FILE",
        description = "64 or more hexadecimal digits; the gateway has the same")
    private Path keyFile;

    @Option(
        names = "--kafka",
        paramLabel = "SERVERS",
        description = "to see what arrives; without it only the way to the MQTT broker is judged")
    private String kafka;

    @Option(
        names = "--kafka-properties",
        paramLabel = "FILE",
        description = "settings of the Kafka client, such as security.protocol and sasl.*")
    private Path kafkaProperties;

    @Option(names = "--tls", description = "MQTT over TLS")
    private boolean tls;

    @Option(names = "--ca", paramLabel = "FILE", description = "PEM: who signs the broker (TLS)")
    private Path ca;

    @Option(names = "--username", description = "of the devices at the broker")
    private String username;

    @Option(names = "--password-file", paramLabel = "FILE", description = "its first line counts")
    private Path passwordFile;

    SimTarget target() throws IOException {
      if (ca != null && !Files.isRegularFile(ca)) {
        throw new IllegalArgumentException("--ca " + ca + " is not there");
      }
      String password =
          passwordFile == null
              ? null
              : Files.readString(passwordFile).lines().findFirst().orElse("");
      Map<String, String> client = client(kafkaProperties);
      MqttAccess access = new MqttAccess(tls || ca != null, ca, username, password, null);
      return new SimTarget(address(mqtt), access, kafka, client, masterKey(keyFile), Map.of());
    }

    private static Map<String, String> client(Path properties) throws IOException {
      Map<String, String> client = new TreeMap<>();
      if (properties != null) {
        Properties file = new Properties();
        try (var in = Files.newInputStream(properties)) {
          file.load(in);
        }
        file.stringPropertyNames().forEach(name -> client.put(name, file.getProperty(name)));
      }
      return client;
    }
  }

  @Command(name = "validate", description = "check a scenario file")
  void validate(@Parameters(paramLabel = "SCENARIO") Path file) {
    Scenario scenario = Scenario.read(file);
    long trace = scenario.cohorts(Fidelity.TRACE).stream().mapToLong(c -> c.devices()).sum();
    System.out.printf(
        "%s: '%s' is valid: %d simulated devices (%d trace), %d in QEMU, %d s%n",
        file,
        scenario.name(),
        scenario.simulatedDevices(),
        trace,
        scenario.qemuDevices(),
        scenario.duration().toSeconds());
  }

  @Command(
      name = "run",
      description =
          "run a scenario and judge it; starts brokers, gateway and streams on loopback unless"
              + " --mqtt names a deployment. Exits with 1 if an expectation is not met")
  int run(
      @Parameters(paramLabel = "SCENARIO") Path file,
      @ArgGroup(exclusive = false) Deployment deployment,
      @Option(names = "--broker", defaultValue = "ARTEMIS", description = "artemis | mosquitto")
          Embedded embedded,
      @Option(names = "--data", paramLabel = "DIR", description = "a data set") Path data,
      @Option(names = "--seed", description = "instead of the scenario's") Long seed,
      @Option(names = "--devices", paramLabel = "N", description = "instead of the scenario's")
          Integer devices,
      @Option(
              names = "--slice",
              defaultValue = "1/1",
              paramLabel = "I/N",
              description = "this process is the I-th of N that share the trace devices")
          String slice,
      @Option(
              names = "--start-at",
              paramLabel = "TIME",
              description = "such as 2026-05-01T10:00:00Z: slices begin together")
          Instant startAt,
      @Option(
              names = "--source",
              split = ",",
              paramLabel = "ADDRESS",
              description = "source addresses that devices connect from in turn")
          List<String> sources,
      @Option(names = "--json", paramLabel = "FILE") Path json,
      @Option(names = "--html", paramLabel = "FILE") Path html,
      @Option(names = "--junit", paramLabel = "FILE") Path junit,
      @Option(names = "--hlog", paramLabel = "FILE", description = "HdrHistogram log") Path hlog)
      throws IOException, InterruptedException {
    Scenario scenario = Scenario.read(file);
    scenario = seed == null ? scenario : scenario.withSeed(seed);
    scenario = devices == null ? scenario : scenario.withDevices(devices);
    Matcher part = SLICE.matcher(slice);
    if (!part.matches()) {
      throw new IllegalArgumentException("--slice '" + slice + "' is not such as 2/4");
    }
    SimTarget given = deployment == null ? null : deployment.target();
    Home home = Home.find();
    SignalSpace space = data == null ? scenario.generated() : scenario.from(FileDataSet.read(data));
    PrintWriter out = spec.commandLine().getOut();
    LiveView view =
        LiveView.on(
            text -> {
              out.print(text);
              out.flush();
            });
    Path directory = home.freshRun("sim");
    ProgramLog.to(directory.resolve("sim.log"));
    FactoryModel model =
        new ModelTrainer(space, scenario.sourceDomains(), scenario.seed()).cached(home.models());
    SimOptions options =
        new SimOptions(
            scenario,
            space,
            model,
            directory,
            home.firmwareImage(),
            file.toAbsolutePath().getParent(),
            Integer.parseInt(part.group(1)) - 1,
            Integer.parseInt(part.group(2)),
            sources == null ? List.of() : sources,
            startAt);
    Thread stop = StopOnSignal.install();
    try {
      SimRun.Outcome outcome =
          given == null
              ? onLoopback(options, embedded, view)
              : new SimRun(options, given, view).run();
      out.print(SummaryText.of(outcome.result()));
      out.flush();
      new SimReports(json, html, junit, hlog).write(outcome);
      if (outcome.result().ok()) {
        Demo.delete(directory);
      } else {
        view.line("the log of this run is " + directory.resolve("sim.log"));
      }
      return outcome.result().ok() ? 0 : 1;
    } finally {
      StopOnSignal.remove(stop);
    }
  }

  private static SimRun.Outcome onLoopback(SimOptions options, Embedded kind, LiveView view)
      throws IOException, InterruptedException {
    byte[] masterKey = new byte[DeviceKeys.MASTER_KEY_BYTES];
    new SecureRandom().nextBytes(masterKey);
    view.line("starting Kafka, MQTT broker, gateway and streams on loopback ...");
    Path directory = options.directory();
    MqttBrokerProcess broker =
        kind == Embedded.MOSQUITTO
            ? new MosquittoBroker(directory.resolve("mqtt"))
            : new ArtemisProcess(
                directory.resolve("mqtt"), directory.resolve("mqtt/journal"), List.of());
    int devices = options.scenario().simulatedDevices() + options.scenario().qemuDevices();
    try (SimStack stack = new SimStack(directory, masterKey, devices, broker)) {
      new PolicyTopic(stack.bootstrapServers()).publish(Demo.policy());
      return new SimRun(options, stack.target(), view).run();
    }
  }

  @Command(
      name = "merge",
      description = "the results of all slices of a scenario as one, judged anew")
  int merge(
      @Parameters(paramLabel = "SCENARIO") Path file,
      @Parameters(index = "1..*", arity = "1..*", paramLabel = "PART.json") List<Path> parts,
      @Option(names = "--json", paramLabel = "FILE") Path json,
      @Option(names = "--html", paramLabel = "FILE") Path html,
      @Option(names = "--junit", paramLabel = "FILE") Path junit)
      throws IOException {
    SimResult whole = Merge.of(Scenario.read(file), parts.stream().map(SimResult::read).toList());
    spec.commandLine().getOut().print(SummaryText.of(whole));
    spec.commandLine().getOut().flush();
    new SimReports(json, html, junit, null).write(new SimRun.Outcome(whole, Map.of()));
    return whole.ok() ? 0 : 1;
  }

  /** Where {@code record} reads. */
  static final class Recorded {
    @Option(names = "--kafka", required = true, paramLabel = "SERVERS")
    private String kafka;

    @Option(
        names = "--from",
        required = true,
        split = ",",
        paramLabel = "FILE",
        description = "what 'kcat -C -e -f %%R%%s' wrote of the topics of status and reports")
    private List<Path> files;
  }

  @Command(
      name = "record",
      description = "make a scenario of a real fleet's reports: NAME.yaml and NAME.fqr")
  void record(
      @Parameters(paramLabel = "NAME", description = "path of both files, without ending")
          Path name,
      @ArgGroup(multiplicity = "1") Recorded recorded,
      @Option(names = "--kafka-properties", paramLabel = "FILE", description = "of the client")
          Path kafkaProperties,
      @Option(
              names = "--reports",
              defaultValue = "200000",
              paramLabel = "N",
              description = "the last so many of each partition (200000)")
          long reports)
      throws IOException {
    Map<String, String> client = Deployment.client(kafkaProperties);
    FleetRecorder.Source source =
        recorded.files != null
            ? new MessageFiles(recorded.files)
            : FleetRecorder.kafka(
                new SimTarget(null, MqttAccess.OPEN, recorded.kafka, client, new byte[0], Map.of()),
                reports);
    spec.commandLine().getOut().println(new FleetRecorder().record(name, source));
    spec.commandLine().getOut().flush();
  }

  @Command(name = "compare", description = "two runs side by side; exits with 1 if B is worse")
  int compare(
      @Parameters(paramLabel = "A.json") Path before,
      @Parameters(paramLabel = "B.json") Path after,
      @Option(
              names = "--tolerance",
              defaultValue = "20",
              paramLabel = "PERCENT",
              description = "by which a rate or a time of B may be worse (20)")
          double tolerance) {
    Comparison comparison =
        new Comparison(SimResult.read(before), SimResult.read(after), tolerance);
    spec.commandLine().getOut().print(comparison.text());
    spec.commandLine().getOut().flush();
    return comparison.worse() ? 1 : 0;
  }

  static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (colon > 0 && port > 0 && port <= PORT_MAX) {
        return new InetSocketAddress(text.substring(0, colon), port);
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("--mqtt '" + text + "' is not HOST:PORT", e);
    }
    throw new IllegalArgumentException("--mqtt '" + text + "' is not HOST:PORT");
  }

  static byte[] masterKey(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          "--master-key-file %s is not there; make one: openssl rand -hex 32 > %s"
              .formatted(file, file));
    }
    try {
      return HexFormat.of().parseHex(Files.readString(file).strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "--master-key-file " + file + " does not hold hexadecimal digits only", e);
    }
  }
}

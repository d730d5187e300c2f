package io.fqtfleet.programs;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.DeviceKeys;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.sim.fleet.FactoryModel;
import io.fqtfleet.sim.fleet.Fleet;
import io.fqtfleet.sim.fleet.FleetSetup;
import io.fqtfleet.sim.fleet.ModelTrainer;
import io.fqtfleet.sim.fleet.Scenario;
import io.fqtfleet.sim.signal.FileDataSet;
import io.fqtfleet.sim.signal.SignalSpace;
import io.fqtfleet.streams.policy.PolicyFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The demo: a fleet on loopback notices that the world changed. Brokers, gateway, streams and
 * devices are the real ones; only the world is made up, or comes from a data set.
 */
final class Demo {
  private static final long LINE_MS = 5_000;
  private static final long ACCURACY_MS = 6_000;
  private static final int WORKERS = 2;
  private static final int KEY_ID = 1;
  private static final Duration SETTLE = Duration.ofSeconds(15);
  private static final Duration DRAIN = Duration.ofSeconds(20);

  private final DemoOptions options;
  private final PrintStream out;
  private final LiveView view;
  private final Home home = Home.find();
  private final long beganNanos = System.nanoTime();
  private volatile long startedAtMs;

  Demo(DemoOptions options, PrintStream out) {
    this.options = options;
    this.out = out;
    this.view =
        LiveView.on(
            text -> {
              out.print(text);
              out.flush();
            });
  }

  /** Runs to its end, which {@code --keep} puts off until the thread is interrupted. */
  DemoSummary summarise() throws IOException, InterruptedException {
    Scenario scenario = scenario();
    SignalSpace space =
        options.data() == null
            ? scenario.generated()
            : scenario.from(FileDataSet.read(options.data()));
    Path directory = home.freshRun("demo");
    ProgramLog.to(directory.resolve("demo.log"));
    byte[] masterKey = new byte[DeviceKeys.MASTER_KEY_BYTES];
    new SecureRandom().nextBytes(masterKey);
    say("factory weights: training on the source domain with the device's own learner ...");
    FactoryModel model =
        new ModelTrainer(space, scenario.sourceDomains(), scenario.seed()).cached(home.models());
    say("factory weights: %.1f %% of unseen windows right", 100 * model.testAccuracy());
    say("starting Kafka, MQTT broker, gateway and streams on loopback ...");
    DemoSummary summary;
    try (DemoStack stack =
        new DemoStack(directory, masterKey, scenario.simulatedDevices() + scenario.qemuDevices())) {
      say("Kafka %s   MQTT %s", stack.bootstrapServers(), stack.mqtt());
      if (options.keep()) {
        say("console  %s", stack.console());
      }
      new PolicyTopic(stack.bootstrapServers()).publish(policy());
      FleetSetup setup =
          new FleetSetup(stack.mqtt(), masterKey, KEY_ID, directory, home.firmwareImage(), WORKERS);
      try (FleetObserver observer = new FleetObserver(stack.bootstrapServers(), this::onAlert);
          Fleet fleet = new Fleet(scenario, space, model, setup)) {
        summary = watch(scenario, model, observer, fleet);
        out.println();
        out.print(summary.text());
        if (options.json() != null) {
          summary.writeJson(options.json());
          say("summary written to %s", options.json());
        }
        if (options.keep()) {
          keep(stack, observer);
        }
        say("stopping everything ...");
      }
    }
    if (summary.ok()) {
      delete(directory);
      say("the demo showed what it promises");
    } else {
      say("the demo did NOT show all it promises; its log is %s", directory.resolve("demo.log"));
    }
    return summary;
  }

  private Scenario scenario() {
    Scenario scenario =
        Scenario.read(home.scenario("demo"))
            .withSeed(options.seed())
            .withDevices(options.devices());
    return options.qemu() ? scenario : scenario.withoutQemu();
  }

  /** Rounds of seconds instead of minutes. */
  static Policy policy() throws IOException {
    String name = "demo-policy.yaml";
    try (InputStream in = Demo.class.getResourceAsStream("/" + name)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return PolicyCommand.checked(name, StrictYaml.parse(name, text, PolicyFile.class), 1);
    }
  }

  private DemoSummary watch(
      Scenario scenario, FactoryModel model, FleetObserver observer, Fleet fleet)
      throws InterruptedException {
    say(
        "%d simulated devices and %d firmware images in QEMU, %d cohorts; %s",
        scenario.simulatedDevices(),
        scenario.qemuDevices(),
        scenario.cohorts().size(),
        plan(scenario));
    startedAtMs = System.currentTimeMillis();
    fleet.start();
    long durationMs = scenario.duration().toMillis();
    long everyMs = view.everyMs(LINE_MS);
    for (long nextMs = everyMs; fleet.nowMs() < durationMs; nextMs += everyMs) {
      Thread.sleep(Math.max(1, Math.min(nextMs, durationMs) - fleet.nowMs()));
      observer.check();
      view.standing(clock() + "  " + progress(observer), standing(observer, durationMs));
    }
    view.end();
    long endedAtMs = System.currentTimeMillis();
    // Before the devices fall silent: a budget sent in the last second wants its answer.
    FleetObserver.Obedience obedience = awaitObedience(observer);
    int unacked = fleet.settle(SETTLE);
    if (unacked > 0) {
      say("%d messages were not acknowledged by the broker in %d s", unacked, SETTLE.toSeconds());
    }
    awaitReports(observer, fleet);
    double seconds = (System.nanoTime() - beganNanos) / 1e9;
    String source = options.data() == null ? "generator" : options.data().toString();
    return new DemoJudge(
            scenario, observer, fleet, model.backwardMacsPerWindow(), startedAtMs, endedAtMs)
        .judge(source, seconds, obedience);
  }

  private static String plan(Scenario scenario) {
    var drift = scenario.drifts().get(0);
    var fault = scenario.faults().get(0);
    return "at %d s the world of %s changes, at %d s a sensor of %s breaks; ends at %d s"
        .formatted(
            drift.at().toSeconds(),
            drift.cohort(),
            fault.at().toSeconds(),
            fault.cohort(),
            scenario.duration().toSeconds());
  }

  /** One line: accuracy of the last seconds per cohort, open alerts, budgets. */
  private String progress(FleetObserver observer) {
    long now = System.currentTimeMillis();
    String accuracy =
        observer.cohorts().stream()
            .map(
                c -> "%s %3.0f %%".formatted(c, 100 * observer.accuracy(c, now - ACCURACY_MS, now)))
            .collect(Collectors.joining("  "));
    String open = open(observer);
    return "%s | budgets %d sent %d acked | %s"
        .formatted(
            accuracy.isEmpty() ? "no reports yet" : accuracy,
            observer.budgetsSent(),
            observer.budgetsAcked(),
            open.isEmpty() ? "no alert" : open);
  }

  /** The same as a block for a terminal. */
  private List<String> standing(FleetObserver observer, long durationMs) {
    long now = System.currentTimeMillis();
    List<String> block = new ArrayList<>();
    block.add(
        "%s of %02d:%02d   budgets %d sent, %d acked"
            .formatted(
                clock(),
                durationMs / 60_000,
                durationMs / 1000 % 60,
                observer.budgetsSent(),
                observer.budgetsAcked()));
    for (String cohort : observer.cohorts()) {
      double accuracy = observer.accuracy(cohort, now - ACCURACY_MS, now);
      block.add("%-12s %s".formatted(cohort, LiveView.bar(accuracy)));
    }
    String open = open(observer);
    block.add("alerts       " + (open.isEmpty() ? "none" : open));
    return block;
  }

  private static String open(FleetObserver observer) {
    return observer.alerts().stream()
        .map(states -> states.get(states.size() - 1))
        .filter(a -> a.getStatus() != AlertStatus.RESOLVED)
        .filter(a -> a.getStatus() != AlertStatus.INVALIDATED)
        .map(a -> a.getKind() + " " + a.getKey())
        .collect(Collectors.joining(", "));
  }

  private void onAlert(Alert alert) {
    say("%s %s: %s", alert.getStatus(), alert.getKind(), alert.getSentence());
  }

  /** What the broker has acknowledged must reach Kafka; this waits for it, but not for ever. */
  private static void awaitReports(FleetObserver observer, Fleet fleet)
      throws InterruptedException {
    long deadline = System.nanoTime() + DRAIN.toNanos();
    while (System.nanoTime() < deadline) {
      boolean all =
          fleet.accounting().byDevice().values().stream()
              .allMatch(d -> observer.received(d.device()) >= d.acked().size());
      if (all) {
        return;
      }
      Thread.sleep(100);
    }
  }

  private static FleetObserver.Obedience awaitObedience(FleetObserver observer)
      throws InterruptedException {
    long deadline = System.nanoTime() + DRAIN.toNanos();
    FleetObserver.Obedience obedience = observer.obedience();
    while (!obedience.all() && System.nanoTime() < deadline) {
      Thread.sleep(100);
      obedience = observer.obedience();
    }
    return obedience;
  }

  private void keep(DemoStack stack, FleetObserver observer) throws InterruptedException {
    say("staying up (--keep): Kafka %s, MQTT %s", stack.bootstrapServers(), stack.mqtt());
    say("gateway  http://127.0.0.1:%d/metrics", stack.gateway().opsPort());
    say("streams  http://127.0.0.1:%d/metrics", stack.streams().opsPort());
    say("console  %s", stack.console());
    say("Ctrl-C stops everything");
    try {
      while (true) {
        Thread.sleep(LINE_MS);
        observer.check();
      }
    } catch (InterruptedException stopped) {
      say("stopped by the operator");
    }
  }

  private void say(String format, Object... arguments) {
    String text = arguments.length == 0 ? format : String.format(Locale.ROOT, format, arguments);
    view.line(clock() + "  " + text);
  }

  /** Minutes and seconds since the fleet's start; blank before. */
  private String clock() {
    long atMs = startedAtMs == 0 ? 0 : System.currentTimeMillis() - startedAtMs;
    return startedAtMs == 0 ? "     " : "%02d:%02d".formatted(atMs / 60_000, atMs / 1000 % 60);
  }

  /** With all that is in it. */
  static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (Path file : (Iterable<Path>) files.sorted((a, b) -> b.compareTo(a))::iterator) {
        Files.deleteIfExists(file);
      }
    }
  }
}

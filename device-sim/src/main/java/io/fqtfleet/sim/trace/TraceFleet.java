package io.fqtfleet.sim.trace;

import io.fqtfleet.schemas.Attribute;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.sim.device.ModelPage;
import io.fqtfleet.sim.device.SimDevice.Judged;
import io.fqtfleet.sim.fleet.CohortSpec;
import io.fqtfleet.sim.fleet.CohortSpec.Arrivals;
import io.fqtfleet.sim.fleet.CohortSpec.Fidelity;
import io.fqtfleet.sim.fleet.CohortTally;
import io.fqtfleet.sim.fleet.FactoryModel;
import io.fqtfleet.sim.fleet.LineBook;
import io.fqtfleet.sim.fleet.LoadSpecs.FirmwareRollout;
import io.fqtfleet.sim.fleet.LoadSpecs.ReportSchema;
import io.fqtfleet.sim.fleet.LoadSpecs.SkewedClock;
import io.fqtfleet.sim.fleet.Scenario;
import io.fqtfleet.sim.link.DeviceLink;
import io.fqtfleet.sim.link.HiveMqLink;
import io.fqtfleet.sim.link.LossyLink;
import io.fqtfleet.sim.link.MqttAccess;
import io.fqtfleet.sim.link.MultiplexedLine;
import io.fqtfleet.sim.load.FleetAccounting;
import io.fqtfleet.sim.load.LatencyLog;
import io.fqtfleet.sim.signal.Chance;
import io.fqtfleet.sim.signal.SignalSpace;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * The trace devices of a scenario: who is there, when they report, over which connections.
 *
 * <pre>
 *   new ──start──> running ──settle──> silent ──close──> gone
 * </pre>
 */
public final class TraceFleet implements AutoCloseable {
  private static final long CONTROL_MS = 20;
  private static final long JOIN_MS = 10_000;
  private static final long LEAVE_NANOS = 5_000_000_000L;
  private static final int LINES_MAX = 64;

  private final Scenario scenario;
  private final TraceSetup setup;
  private final List<TraceMember> members = new ArrayList<>();
  private final Map<String, CohortTally> tallies = new LinkedHashMap<>();
  private final List<MultiplexedLine> lines = new ArrayList<>();
  private final List<Pacer> pacers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<Reboot> reboots = new ArrayList<>();
  private final TraceBooks books;
  private volatile boolean stopped;

  /** A device that gets new firmware. */
  private record Reboot(long atMs, TraceMember member, FirmwareRollout rollout) {}

  /** Records what the devices will replay: a second or two per situation. */
  public TraceFleet(
      Scenario scenario,
      SignalSpace space,
      FactoryModel model,
      TraceSetup setup,
      FleetAccounting accounting) {
    this.scenario = scenario;
    this.setup = setup;
    this.books = new TraceBooks(accounting, new LatencyLog());
    for (CohortSpec cohort : scenario.cohorts(Fidelity.TRACE)) {
      add(cohort, story(cohort, space, model), model);
    }
    reboots.sort((a, b) -> Long.compare(a.atMs, b.atMs));
  }

  private Story story(CohortSpec cohort, SignalSpace space, FactoryModel model) {
    return cohort.recording() == null
        ? Situations.record(scenario, cohort, space, model.page())
        : Recording.read(setup.recordings().resolve(cohort.recording()), cohort.name());
  }

  private void add(CohortSpec cohort, Story story, FactoryModel model) {
    CohortTally tally = tallies.computeIfAbsent(cohort.name(), name -> new CohortTally());
    TraceIdentity identity =
        new TraceIdentity(
            cohort.name(),
            "host",
            new TreeMap<>(cohort.attributes())
                .entrySet().stream().map(e -> new Attribute(e.getKey(), e.getValue())).toList(),
            scenario.factory().terms(cohort.reportInterval()),
            ModelPage.of(model.page()).fingerprint(),
            setup.fleet()::key);
    Presence presence = new Presence(scenario, cohort.name());
    for (int n = 0; n < cohort.devices(); n++) {
      if (setup.has(n)) {
        String id = cohort.device(n);
        long seed = Chance.seed(scenario.seed(), id);
        TraceDevice device =
            new TraceDevice(id, n, identity, story, clockRate(cohort.name(), seed), seed);
        boolean poisson = cohort.arrivals() == Arrivals.POISSON;
        TraceMember member = new TraceMember(device, books, tally, poisson, presence, seed);
        members.add(member);
        planReboots(member, cohort.name(), seed);
      }
    }
  }

  private double clockRate(String cohort, long seed) {
    for (SkewedClock clock : scenario.clocks()) {
      boolean meant = clock.cohort() == null || clock.cohort().equals(cohort);
      if (meant && new Chance(Chance.seed(seed, "clock")).uniform() < clock.share()) {
        return 1 + clock.ppm() * 1e-6;
      }
    }
    return 1;
  }

  private void planReboots(TraceMember member, String cohort, long seed) {
    for (FirmwareRollout rollout : scenario.rollouts()) {
      if (rollout.cohort() == null || rollout.cohort().equals(cohort)) {
        double place = new Chance(Chance.seed(seed, "rollout")).uniform();
        long atMs = rollout.at().toMillis() + Math.round(place * rollout.over().toMillis());
        member.flash("1.0.0", rollout.writes() == ReportSchema.CURRENT);
        reboots.add(new Reboot(atMs, member, rollout));
      }
    }
  }

  /**
   * Connects and begins to report.
   *
   * @param startNanos of the fleet's time
   */
  public void start(long startNanos) {
    books.startNanos().set(startNanos);
    openLines();
    int count = Math.min(setup.fleet().workers(), Math.max(1, members.size()));
    boolean poisson = scenario.cohorts().stream().anyMatch(c -> c.arrivals() == Arrivals.POISSON);
    for (int p = 0; p < count; p++) {
      List<TraceMember> own = new ArrayList<>();
      for (int i = p; i < members.size(); i += count) {
        own.add(members.get(i));
      }
      Pacer pacer =
          new Pacer(
              own,
              scenario.phases(),
              1.0 / (count * setup.slices()),
              poisson,
              books::nowMs,
              Chance.seed(scenario.seed(), "pacer-" + p));
      pacers.add(pacer);
      run("devices-pacer-" + p, pacer);
    }
    run("devices-presence", this::control);
  }

  private void run(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
  }

  private void openLines() {
    int perLine = scenario.connect().devicesPerConnection();
    if (perLine == 1) {
      return;
    }
    int wanted = Math.min(LINES_MAX, Math.max(1, (members.size() + perLine - 1) / perLine));
    for (int i = 0; i < wanted; i++) {
      String name = "fqt-sim-%d-%d".formatted(setup.slice(), i);
      lines.add(
          new MultiplexedLine(name, i, wanted, setup.fleet().broker(), setup.fleet().access()));
    }
  }

  private DeviceLink link(int index, TraceMember member) {
    long seed = Chance.seed(scenario.seed(), member.id());
    DeviceLink link =
        lines.isEmpty()
            ? new HiveMqLink(
                member.id(), setup.fleet().broker(), access(index), HiveMqLink.IN_FLIGHT_MAX, seed)
            : lines.get(Topics.shard(member.id()) % lines.size()).member();
    return scenario.link().isLossy()
        ? new LossyLink(
            link, scenario.link().shares(), new LineBook(books.accounting(), member.id()), seed)
        : link;
  }

  private MqttAccess access(int index) {
    List<String> sources = setup.sources();
    if (sources.isEmpty()) {
      return setup.fleet().access();
    }
    String source = sources.get(index % sources.size());
    try {
      return setup.fleet().access().withFrom(InetAddress.getByName(source));
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("'" + source + "' is no address", e);
    }
  }

  /** Lets devices come and go as the scenario wants, within the rate of connects. */
  private void control() {
    double tokens = 0;
    long lastMs = books.nowMs();
    int from = 0;
    int rebooted = 0;
    while (!stopped && !Thread.currentThread().isInterrupted()) {
      long now = books.nowMs();
      int perSecond = scenario.connect().perSecond();
      tokens = Math.min(perSecond, tokens + perSecond * (now - lastMs) / 1000.0);
      lastMs = now;
      int first = from;
      for (int i = 0; i < members.size() && !stopped; i++) {
        int index = (first + i) % members.size();
        TraceMember member = members.get(index);
        boolean wanted = member.presence.wants(member.life, now);
        boolean there = member.hasAppeared();
        if (wanted && !there && tokens >= 1) {
          tokens--;
          from = index;
          if (member.presence.restarts() && member.life.hasBeenAway()) {
            member.reboot(now);
          }
          member.appear(link(index, member), now);
        } else if (!wanted && there) {
          member.vanish(!member.presence.stormed(member.life, now));
        }
      }
      for (; rebooted < reboots.size() && reboots.get(rebooted).atMs <= now; rebooted++) {
        Reboot reboot = reboots.get(rebooted);
        reboot.member.flash(
            reboot.rollout.firmware(), reboot.rollout.writes() == ReportSchema.PREVIOUS);
        reboot.member.reboot(now);
      }
      try {
        Thread.sleep(CONTROL_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  public int devices() {
    return members.size();
  }

  public int connected() {
    int connected = 0;
    for (TraceMember member : members) {
      connected += member.isConnected() ? 1 : 0;
    }
    return connected;
  }

  public TraceBooks books() {
    return books;
  }

  /** By how much the slowest pacer runs behind its schedule. */
  public long behindMs() {
    return pacers.stream().mapToLong(Pacer::behindMs).max().orElse(0);
  }

  /** A cohort's right windows over a time of the fleet, as in {@code Fleet.accuracy}. */
  public Judged accuracy(String cohort, long fromMs, long untilMs) {
    return tallies.get(cohort).between(fromMs, untilMs);
  }

  /** The version of the budget that each device has stored. */
  public Map<String, Long> versions() {
    Map<String, Long> versions = new TreeMap<>();
    members.forEach(member -> versions.put(member.id(), member.version()));
    return versions;
  }

  /** No further reports; waits for acknowledgements. */
  public void settle(Duration timeout) throws InterruptedException {
    stop();
    long deadline = System.nanoTime() + timeout.toNanos();
    while (inFlight() > 0 && System.nanoTime() < deadline) {
      Thread.sleep(CONTROL_MS);
    }
  }

  private int inFlight() {
    return members.stream().mapToInt(TraceMember::inFlight).sum();
  }

  private void stop() {
    stopped = true;
    pacers.forEach(Pacer::stop);
    for (Thread thread : threads) {
      try {
        thread.join(JOIN_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    stop();
    members.forEach(TraceMember::leave);
    long deadline = System.nanoTime() + LEAVE_NANOS;
    while (books.farewells().sum() > 0 && System.nanoTime() < deadline) {
      LockSupport.parkNanos(CONTROL_MS * 1_000_000);
    }
    lines.forEach(MultiplexedLine::close);
  }
}

package io.fqtfleet.sim.fleet;

import io.fqtfleet.sim.device.NativeAgent;
import io.fqtfleet.sim.device.ProvisioningPage;
import io.fqtfleet.sim.device.SimDevice;
import io.fqtfleet.sim.device.SimDevice.Judged;
import io.fqtfleet.sim.link.DeviceLink;
import io.fqtfleet.sim.link.HiveMqLink;
import io.fqtfleet.sim.link.LossyLink;
import io.fqtfleet.sim.link.QemuDevice;
import io.fqtfleet.sim.link.SensorFeed;
import io.fqtfleet.sim.load.FleetAccounting;
import io.fqtfleet.sim.load.LatencyLog;
import io.fqtfleet.sim.signal.Chance;
import io.fqtfleet.sim.signal.SignalSpace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running fleet.
 *
 * <pre>
 *   new Fleet ──start──> running ──settle──> silent (links up, nothing new) ──close──> gone
 * </pre>
 *
 * The constructor boots all simulated devices; {@link #start} begins the fleet's time. Methods are
 * called by one thread, except {@link #statistics}, {@link #accuracy} and {@link #nowMs}, which any
 * thread may call.
 */
public final class Fleet implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Fleet.class);

  /** Simulated devices boot over this time, so that they do not all report in one moment. */
  private static final long BOOT_SPREAD_MS = 2_000;

  private static final int BOOT_COUNTER = 1;

  private final Scenario scenario;
  private final FleetSetup setup;
  private final FactoryModel model;
  private final SensorPlan plan;
  private final List<CohortSpec> cohorts;
  private final LatencyLog ackTimes = new LatencyLog();
  private final FleetAccounting accounting;
  private final Map<String, CohortTally> tallies = new LinkedHashMap<>();
  private final Map<String, List<FleetDevice>> devices = new LinkedHashMap<>();
  private final List<QemuMember> qemu = new ArrayList<>();
  private final Workers workers;
  private volatile long startNanos = System.nanoTime();

  /**
   * Boots the simulated devices; nothing is connected yet.
   *
   * @param space of {@link Scenario#generated} or {@link Scenario#from}
   * @param model from {@link ModelTrainer}
   * @throws IllegalStateException if the scenario has QEMU devices and QEMU or the image is missing
   */
  public Fleet(Scenario scenario, SignalSpace space, FactoryModel model, FleetSetup setup) {
    this(scenario, space, model, setup, new FleetAccounting());
  }

  /** The same with books that others write in, too. */
  public Fleet(
      Scenario scenario,
      SignalSpace space,
      FactoryModel model,
      FleetSetup setup,
      FleetAccounting accounting) {
    this.accounting = accounting;
    this.scenario = scenario;
    this.setup = setup;
    this.model = model;
    this.plan = new SensorPlan(scenario, space);
    this.cohorts = scenario.cohorts(CohortSpec.Fidelity.EXACT);
    if (scenario.qemuDevices() > 0) {
      QemuDevice.requireAvailable(setup.image());
    }
    for (CohortSpec cohort : cohorts) {
      tallies.put(cohort.name(), new CohortTally());
      List<FleetDevice> members = new ArrayList<>();
      for (int i = 0; i < cohort.devices(); i++) {
        members.add(boot(cohort, i));
      }
      devices.put(cohort.name(), members);
    }
    this.workers = new Workers(all(), setup.workers(), this::nowMs);
  }

  private FleetDevice boot(CohortSpec cohort, int number) {
    String id = cohort.device(number);
    long seed = plan.seed(id);
    long bootMs = Math.floorMod(Chance.seed(seed, "boot"), BOOT_SPREAD_MS);
    SensorPlan.Place place = plan.simulated(cohort, number, bootMs);
    int nonce = (int) Chance.seed(seed, "nonce");
    NativeAgent agent =
        NativeAgent.open(identity(cohort, id, "host").toBytes(), model.page(), BOOT_COUNTER, nonce);
    SimDevice device =
        new SimDevice(id, agent, plan.source(place), plan.labels(place), cohort.windowsPerSecond());
    accounting.booted(id, nonce, bootMs, 1);
    FleetDevice.Books books =
        new FleetDevice.Books(tallies.get(cohort.name()), accounting, ackTimes, this::nowMs);
    return new FleetDevice(device, link(id, seed), books, bootMs);
  }

  private DeviceLink link(String id, long seed) {
    DeviceLink link =
        new HiveMqLink(id, setup.broker(), setup.access(), HiveMqLink.IN_FLIGHT_MAX, seed);
    return scenario.link().isLossy()
        ? new LossyLink(link, scenario.link().shares(), new LineBook(accounting, id), seed)
        : link;
  }

  private ProvisioningPage identity(CohortSpec cohort, String id, String board) {
    return Identities.of(scenario, setup, cohort, id, board);
  }

  private List<FleetDevice> all() {
    return devices.values().stream().flatMap(List::stream).toList();
  }

  /** Begins the fleet's time, connects all devices, starts QEMU. */
  public void start() {
    startNanos = System.nanoTime();
    all().forEach(FleetDevice::connect);
    workers.start();
    for (CohortSpec cohort : cohorts) {
      for (int i = 0; i < cohort.qemuDevices(); i++) {
        SensorPlan.Place place = plan.qemu(cohort, i);
        QemuMember.Sensed sensed =
            new QemuMember.Sensed(plan.source(place), plan.labels(place), place.periodUs());
        ProvisioningPage identity = identity(cohort, cohort.qemuDevice(i), "mps2-an386");
        qemu.add(new QemuMember(identity, model.page(), setup, sensed, this::nowMs));
      }
    }
    LOG.info(
        "fleet '{}' started: {} simulated devices, {} in QEMU, seed {}",
        scenario.name(),
        scenario.simulatedDevices(),
        scenario.qemuDevices(),
        scenario.seed());
  }

  /** Milliseconds since {@link #start}: the time that events of the scenario refer to. */
  public long nowMs() {
    return (System.nanoTime() - startNanos) / 1_000_000;
  }

  /** The moment of {@link #start}, as {@code System.nanoTime} counts. */
  public long startNanos() {
    return startNanos;
  }

  /** Every device of the fleet. */
  public List<Member> members() {
    List<Member> members = new ArrayList<>();
    for (CohortSpec cohort : cohorts) {
      for (int i = 0; i < cohort.devices(); i++) {
        members.add(new Member(cohort.device(i), cohort.name(), false));
      }
      for (int i = 0; i < cohort.qemuDevices(); i++) {
        members.add(new Member(cohort.qemuDevice(i), cohort.name(), true));
      }
    }
    return members;
  }

  /** One entry per cohort, in the scenario's order. */
  public List<CohortStatistics> statistics() {
    return devices.entrySet().stream().map(e -> sum(e.getKey(), e.getValue())).toList();
  }

  private static CohortStatistics sum(String cohort, List<FleetDevice> members) {
    int connected = 0;
    int onBudget = 0;
    long[] sums = new long[8];
    long behindMs = 0;
    for (FleetDevice member : members) {
      FleetDevice.Snapshot s = member.snapshot();
      connected += member.isConnected() ? 1 : 0;
      onBudget += s.counters().budgetVersion() > 0 ? 1 : 0;
      sums[0] += s.counters().samples();
      sums[1] += s.judged().labelled();
      sums[2] += s.judged().correct();
      sums[3] += s.counters().trained();
      sums[4] += s.counters().macsForward();
      sums[5] += s.counters().macsBackward();
      sums[6] += member.budgets();
      sums[7] += s.skipped();
      behindMs = Math.max(behindMs, s.behindMs());
    }
    return new CohortStatistics(
        cohort,
        members.size(),
        connected,
        sums[0],
        new Judged(sums[1], sums[2]),
        sums[3],
        sums[4],
        sums[5],
        sums[6],
        onBudget,
        sums[7],
        behindMs);
  }

  /**
   * A cohort's accuracy over a time of the fleet: labelled windows never seen before, judged before
   * any training on them. Simulated devices only.
   */
  public Judged accuracy(String cohort, long fromMs, long untilMs) {
    CohortTally tally = tallies.get(cohort);
    if (tally == null) {
      throw new IllegalArgumentException(
          "cohort '" + cohort + "' is not one of " + tallies.keySet());
    }
    return tally.between(fromMs, untilMs);
  }

  /** Reports made, withheld and acknowledged; simulated devices only. */
  public FleetAccounting accounting() {
    return accounting;
  }

  /** From the moment a report was due to the broker's acknowledgement; simulated devices only. */
  public LatencyLog ackTimes() {
    return ackTimes;
  }

  /** Windows taken by each QEMU device. */
  public Map<String, SensorFeed.Statistics> qemuStatistics() {
    Map<String, SensorFeed.Statistics> all = new TreeMap<>();
    qemu.forEach(member -> all.put(member.device(), member.statistics()));
    return all;
  }

  /** QEMU devices whose process has ended by itself. */
  public List<String> qemuEnded() {
    return qemu.stream().filter(m -> !m.isRunning()).map(QemuMember::device).toList();
  }

  /**
   * Simulated devices make no further reports; returns once the broker has acknowledged all, or
   * after the timeout.
   *
   * @return messages still without an acknowledgement
   */
  public int settle(Duration timeout) {
    workers.stop();
    long deadline = System.nanoTime() + timeout.toNanos();
    int inFlight = inFlight();
    while (inFlight > 0 && System.nanoTime() < deadline) {
      if (!Workers.pause()) {
        break;
      }
      inFlight = inFlight();
    }
    return inFlight;
  }

  private int inFlight() {
    return all().stream().mapToInt(FleetDevice::inFlight).sum();
  }

  @Override
  public void close() {
    workers.stop();
    qemu.forEach(QemuMember::close);
    all().forEach(FleetDevice::leave);
    LOG.info("fleet '{}' ended: {}", scenario.name(), accounting.totals());
  }
}

package io.fqtfleet.programs.faults;

import io.fqtfleet.programs.faults.ReportTail.Came;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;

/** One scenario on one stage: load, fault, return, and the account of all of it. */
final class FaultRun {
  private static final long WARM_UP_MS = 2_000;
  private static final long AFTERWARDS_MS = 2_000;
  private static final long RECOVERY_LIMIT_MS = 90_000;
  private static final long SETTLE_LIMIT_MS = 60_000;
  private static final long POLL_MS = 20;

  /** PUBACKs that were under way when the broker fell silent. */
  private static final long COMMIT_SETTLE_MS = 700;

  private final FaultScenario scenario;
  private final Stage stage;
  private final DeviceLoad load;
  private final ReportTail tail;
  private final BudgetBook book;
  private final double timeScale;

  private long healedNanos;
  private double recoverySeconds = -1;
  private long committedEarly;
  private Map<TopicPartition, Long> budgetEnds;
  private String remark = "";
  private boolean unalerted;
  private Afterwards afterwards = () -> {};

  /**
   * How much.
   *
   * @param timeScale 1 = the full time of every fault
   */
  record Extent(int devices, double rate, double timeScale) {}

  private FaultRun(
      FaultScenario scenario,
      Stage stage,
      DeviceLoad load,
      ReportTail tail,
      BudgetBook book,
      double timeScale) {
    this.scenario = scenario;
    this.stage = stage;
    this.load = load;
    this.tail = tail;
    this.book = book;
    this.timeScale = timeScale;
  }

  /** Runs it; the stage is left healed. */
  static FaultRow of(FaultScenario scenario, Stage stage, Extent extent)
      throws InterruptedException {
    String servers = stage.kafka().directServers();
    try (DeviceLoad load =
            new DeviceLoad(
                scenario.name(),
                extent.devices(),
                extent.rate(),
                stage.masterKey(),
                stage.brokerAddress());
        ReportTail tail = new ReportTail(servers);
        BudgetBook book =
            new BudgetBook(servers, load.devices().stream().map(LoadDevice::id).toList(), 1)) {
      return new FaultRun(scenario, stage, load, tail, book, extent.timeScale()).run();
    }
  }

  private FaultRow run() throws InterruptedException {
    load.start();
    book.start();
    Thread.sleep(WARM_UP_MS);
    load.sleep();
    scenario.act().on(stage, this);
    if (healedNanos == 0) {
      throw new IllegalStateException("scenario " + scenario.name() + " never healed");
    }
    awaitRecovery();
    afterwards.act();
    Thread.sleep(AFTERWARDS_MS);
    load.wake();
    boolean settled = load.settle();
    book.settle();
    awaitAllInKafka();
    BudgetAudit audit = new BudgetAudit(stage, load, book);
    return row(settled, audit.devicesWrong());
  }

  /** For scenarios: the fleet. */
  DeviceLoad load() {
    return load;
  }

  /** What must show once the system has recovered, under load still. */
  interface Afterwards {
    void act() throws InterruptedException;
  }

  void afterwards(Afterwards check) {
    afterwards = check;
  }

  /** The fault lasts; the scenario's seconds are those of the full form. */
  void hold(double seconds) throws InterruptedException {
    Thread.sleep((long) (1000 * seconds * timeScale));
  }

  /** The fault is over: from now on recovery is timed. */
  void healed() {
    healedNanos = System.nanoTime();
  }

  /** Whether the gap was alerted, where that is promised. */
  void alerted(boolean found) {
    unalerted = !found;
  }

  void remark(String words) {
    remark = remark.isEmpty() ? words : remark + "; " + words;
  }

  /** From now on nothing may be committed: the MQTT broker acknowledges nothing. */
  void brokerIsAway() throws InterruptedException {
    Thread.sleep(COMMIT_SETTLE_MS);
    budgetEnds = book.ends();
  }

  /** Just before the MQTT broker is there again. */
  void brokerReturns() throws InterruptedException {
    committedEarly += book.committedBeyond(budgetEnds);
  }

  private void awaitRecovery() throws InterruptedException {
    Map<LoadDevice, BitSet> before = new HashMap<>();
    load.awake().forEach(device -> before.put(device, device.acked()));
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RECOVERY_LIMIT_MS);
    while (System.nanoTime() < deadline) {
      if (before.entrySet().stream().allMatch(e -> recovered(e.getKey(), e.getValue()))) {
        recoverySeconds = (System.nanoTime() - healedNanos) / 1e9;
        return;
      }
      Thread.sleep(POLL_MS);
    }
  }

  private boolean recovered(LoadDevice device, BitSet ackedBefore) {
    Came came = tail.of(device.id());
    if (came.highest() < ackedBefore.length()) {
      return false;
    }
    BitSet missing = (BitSet) ackedBefore.clone();
    missing.andNot(came.sequences());
    return missing.isEmpty() || !scenario.keeps();
  }

  private void awaitAllInKafka() throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SETTLE_LIMIT_MS);
    while (System.nanoTime() < deadline && missing() > 0) {
      if (!scenario.keeps() && samplesLost() == 0) {
        break;
      }
      Thread.sleep(POLL_MS);
    }
    // What comes now would be one too many.
    Thread.sleep(Duration.ofMillis(500).toMillis());
  }

  private long missing() {
    long missing = 0;
    for (LoadDevice device : load.devices()) {
      BitSet acked = device.acked();
      acked.andNot(tail.of(device.id()).sequences());
      missing += acked.cardinality();
    }
    return missing;
  }

  private long samplesLost() {
    long lost = 0;
    for (LoadDevice device : load.devices()) {
      lost += Math.max(0, device.acked().length() - 1 - tail.of(device.id()).highest());
    }
    return lost * LoadRecords.SAMPLES;
  }

  private FaultRow row(boolean settled, long budgetsWrong) {
    long inKafka = 0;
    long duplicated = 0;
    long outOfOrder = 0;
    long forged = 0;
    for (LoadDevice device : load.devices()) {
      Came came = tail.of(device.id());
      inKafka += came.sequences().cardinality();
      duplicated += came.duplicated();
      outOfOrder += came.outOfOrder();
      forged += device.forged();
    }
    tail.disorders().forEach(this::remark);
    if (forged > 0) {
      remark(forged + " budgets with a wrong signature");
    }
    if (tail.unreadable() > 0) {
      remark(tail.unreadable() + " unreadable reports in Kafka");
    }
    if (!settled) {
      remark("devices still wait for the broker");
    }
    return new FaultRow(
        scenario.name(),
        stage.broker().name(),
        load.sent(),
        load.acked(),
        inKafka,
        missing(),
        duplicated,
        outOfOrder,
        Math.round(recoverySeconds * 10) / 10.0,
        samplesLost(),
        book.written(),
        budgetsWrong,
        committedEarly,
        scenario.keeps(),
        unalerted && missing() > 0,
        remark,
        null,
        null);
  }
}

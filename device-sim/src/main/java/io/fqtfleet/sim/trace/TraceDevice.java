package io.fqtfleet.sim.trace;

import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.DeviceState;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.ExpiryAction;
import io.fqtfleet.schemas.RefusalReason;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WeightsAction;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import io.fqtfleet.sim.signal.Chance;
import java.util.Arrays;

/**
 * One device that replays a {@link Story}, without I/O or clock. It keeps the firmware's rules for
 * budgets (signature, rising versions, time to live, energy bucket) and its kind of counters. Times
 * are milliseconds of the fleet and never go back. One thread at a time.
 */
public final class TraceDevice {
  /** Steps made up for in one report; what is older is skipped, as by a busy exact device. */
  private static final int STEPS_MAX = 2_000;

  private static final double MICRO_PER_MILLI = 1e3;
  private static final double MS_PER_HOUR = 3.6e6;
  private static final int LAST_LAYER_ALONE = 15;

  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  private static final WireCodec<DeviceStatus> STATUSES = WireCodec.of(DeviceStatus.class);
  private static final WireCodec<BudgetAck> ACKS = WireCodec.of(BudgetAck.class);
  private static final WireCodec<UpdateBudget> BUDGETS = WireCodec.of(UpdateBudget.class);

  private final String id;
  private final int number;
  private final TraceIdentity identity;
  private final Story story;
  private final Chance chance;
  private final long[] row;
  private final float[] trained;
  private final double clockRate;
  private String firmware = "trace";
  private boolean previousSchema;

  private int bootCounter;
  private int bootNonce;
  private long bootMs;
  private long sequence;
  private long doneMs;
  private int cursor;
  private int firstLayer;

  private long version;
  private BudgetTerms terms;
  private long issuedAtMs;
  private long appliedMs;
  private long expiresMs = Long.MAX_VALUE;
  private ExpiryAction onExpiry = ExpiryAction.FREEZE;
  private double bucketMicroJoule;
  private long bucketMs;

  /**
   * @param number of the device in its cohort
   * @param clockRate its own milliseconds per one of the fleet's
   * @param seed of all that is random about it
   */
  TraceDevice(
      String id, int number, TraceIdentity identity, Story story, double clockRate, long seed) {
    this.id = Topics.checkDevice(id);
    this.number = number;
    this.identity = identity;
    this.story = story;
    this.clockRate = clockRate;
    this.chance = new Chance(Chance.seed(seed, "trace"));
    this.cursor = story.firstCursor(chance.below(1 << 20));
    this.row = new long[CounterRow.length(story.layers())];
    this.trained = new float[story.situations()];
    this.terms = identity.factoryTerms();
  }

  String id() {
    return id;
  }

  int bootNonce() {
    return bootNonce;
  }

  long bootMs() {
    return bootMs;
  }

  long sequence() {
    return sequence;
  }

  double clockRate() {
    return clockRate;
  }

  /** Boots at a time of the fleet; counters begin anew, weights and budget survive. */
  void boot(long fleetMs) {
    bootCounter++;
    bootNonce = (int) chance.nextLong();
    bootMs = fleetMs;
    doneMs = fleetMs;
    bucketMs = fleetMs;
    sequence = 0;
    Arrays.fill(row, 0);
    firstLayer = story.layers() - 1;
  }

  /** Another program from the next boot on. */
  void flash(String newFirmware, boolean writesPreviousSchema) {
    firmware = newFirmware;
    previousSchema = writesPreviousSchema;
  }

  long reportIntervalMs() {
    return terms.getReportIntervalMs();
  }

  long version() {
    return version;
  }

  private long uptimeMs(long fleetMs) {
    return Math.round((fleetMs - bootMs) * clockRate);
  }

  Outgoing status(boolean online) {
    DeviceStatus status =
        DeviceStatus.newBuilder()
            .setDevice(id)
            .setState(online ? DeviceState.ONLINE : DeviceState.OFFLINE)
            .setBootCounter(bootCounter)
            .setBootNonce(bootNonce)
            .setFirmware(firmware)
            .setBoard(identity.board())
            .setModelFingerprint(identity.modelFingerprint())
            .setReportSchema(previousSchema ? PreviousSchema.FINGERPRINT : REPORTS.fingerprint())
            .setBudgetSchema(BUDGETS.fingerprint())
            .setCohort(identity.cohort())
            .setAttributes(identity.attributes())
            .setLayerCount(story.layers())
            .setFactoryTerms(identity.factoryTerms())
            .setBudgetVersion(version)
            .build();
    return new Outgoing(Uplink.STATUS, Topics.up(id, Uplink.STATUS), STATUSES.encode(status), 0);
  }

  /** The report of this moment; takes its sequence number. */
  Outgoing report(long fleetMs) {
    live(fleetMs);
    sequence++;
    long learnt = issuedAtMs == 0 ? 0 : issuedAtMs + Math.round((fleetMs - appliedMs) * clockRate);
    CounterRow.Head head =
        new CounterRow.Head(
            id, bootCounter, bootNonce, sequence, uptimeMs(fleetMs), learnt, version);
    TrainingReport report = CounterRow.report(head, row, firstLayer);
    CounterRow.reported(row);
    byte[] payload = REPORTS.encode(report);
    return new Outgoing(
        Uplink.REPORT,
        Topics.up(id, Uplink.REPORT),
        previousSchema ? PreviousSchema.of(payload, report.getSamplesThrottled()) : payload,
        sequence);
  }

  /** Lives the steps that are over by now. */
  private void live(long fleetMs) {
    expire(fleetMs);
    long duration = story.durationMs(number, cursor);
    if (fleetMs - doneMs > STEPS_MAX * duration) {
      doneMs = fleetMs - STEPS_MAX * duration;
    }
    while (doneMs + duration <= fleetMs) {
      doneMs += duration;
      int situation = story.situation(doneMs, number, trained, chance.uniform());
      CounterRow.add(row, terms.getTraining() ? trainedStep(situation) : calm(situation));
      cursor++;
      duration = story.durationMs(number, cursor);
    }
  }

  private long[] calm(int situation) {
    return story.calm(situation, number, trained[situation], cursor);
  }

  private long[] trainedStep(int situation) {
    long[] full = story.training(situation, number, trained[situation], cursor);
    long[] calm = calm(situation);
    double perSample = 1.0 / terms.getTrainEveryNth();
    double perUpdate = (terms.getLambdaMinPermille() + terms.getLambdaMaxPermille()) / 2000.0;
    int first =
        terms.getFirstTrainableLayer() == LAST_LAYER_ALONE
            ? story.layers() - 1
            : Math.min(terms.getFirstTrainableLayer(), story.layers() - 1);
    long[] step = CounterRow.smaller(full, calm, perSample, perUpdate, first);
    long training = Math.max(0, step[CounterRow.ENERGY] - calm[CounterRow.ENERGY]);
    if (!spend(training)) {
      long[] throttled = calm.clone();
      throttled[CounterRow.THROTTLED] += step[CounterRow.TRAINED];
      return throttled;
    }
    trained[situation] += (float) (step[CounterRow.TRAINED] * perUpdate);
    firstLayer = Math.min(firstLayer, first);
    return step;
  }

  private boolean spend(long microJoule) {
    double capacity = terms.getEnergyCapacityMilliJoule() * MICRO_PER_MILLI;
    double refill = terms.getEnergyRefillMilliJoulePerHour() * MICRO_PER_MILLI / MS_PER_HOUR;
    bucketMicroJoule = Math.min(capacity, bucketMicroJoule + refill * (doneMs - bucketMs));
    bucketMs = doneMs;
    if (bucketMicroJoule < microJoule) {
      return false;
    }
    bucketMicroJoule -= microJoule;
    return true;
  }

  private void expire(long fleetMs) {
    if (fleetMs >= expiresMs) {
      expiresMs = Long.MAX_VALUE;
      BudgetTerms factory = identity.factoryTerms();
      terms =
          onExpiry == ExpiryAction.FACTORY
              ? factory
              : BudgetTerms.newBuilder(terms).setTraining(false).build();
    }
  }

  /** Judges a message of the budget topic; the answer is to be published. */
  Outgoing onBudget(String topic, byte[] payload, long fleetMs) {
    UpdateBudget budget;
    try {
      byte[] body = BudgetSignature.verify(topic, payload, identity.key().apply(id)).body();
      budget = BUDGETS.decode(body);
    } catch (WireException e) {
      boolean forged = e.reason() == WireException.Reason.OUT_OF_RANGE;
      return ack(
          0,
          AckOutcome.REFUSED,
          forged ? RefusalReason.BAD_SIGNATURE : RefusalReason.BAD_FORMAT,
          fleetMs);
    }
    if (!budget.getDevice().equals(id)) {
      return ack(budget.getVersion(), AckOutcome.REFUSED, RefusalReason.WRONG_DEVICE, fleetMs);
    }
    if (budget.getVersion() < version) {
      return ack(budget.getVersion(), AckOutcome.REFUSED, RefusalReason.REPLAYED, fleetMs);
    }
    if (budget.getVersion() == version) {
      return ack(version, AckOutcome.REPEATED, RefusalReason.NONE, fleetMs);
    }
    // What was lived so far was lived under the terms before.
    live(fleetMs);
    apply(budget, fleetMs);
    return ack(version, AckOutcome.APPLIED, RefusalReason.NONE, fleetMs);
  }

  private void apply(UpdateBudget budget, long fleetMs) {
    version = budget.getVersion();
    terms = budget.getTerms();
    issuedAtMs = budget.getIssuedAtMs();
    appliedMs = fleetMs;
    onExpiry = budget.getOnExpiry();
    expiresMs =
        budget.getTimeToLiveS() == 0 ? Long.MAX_VALUE : fleetMs + budget.getTimeToLiveS() * 1000L;
    bucketMicroJoule = terms.getEnergyCapacityMilliJoule() * MICRO_PER_MILLI;
    bucketMs = fleetMs;
    if (budget.getWeights() == WeightsAction.FACTORY) {
      Arrays.fill(trained, 0);
    }
  }

  private Outgoing ack(long answered, AckOutcome outcome, RefusalReason why, long fleetMs) {
    BudgetAck ack =
        BudgetAck.newBuilder()
            .setDevice(id)
            .setBootCounter(bootCounter)
            .setBootNonce(bootNonce)
            .setUptimeMs(uptimeMs(fleetMs))
            .setAnsweredVersion(answered)
            .setOutcome(outcome)
            .setRefusal(why)
            .setField("")
            .setVersionInForce(version)
            .setTermsInForce(terms)
            .build();
    return new Outgoing(Uplink.ACK, Topics.up(id, Uplink.ACK), ACKS.encode(ack), 0);
  }

  /** Windows seen, right and trained on since boot. */
  long seen() {
    return row[CounterRow.SEEN];
  }

  long labelled() {
    return row[CounterRow.LABELLED];
  }

  long correct() {
    return row[CounterRow.CORRECT];
  }

  long trainedWindows() {
    return row[CounterRow.TRAINED];
  }
}

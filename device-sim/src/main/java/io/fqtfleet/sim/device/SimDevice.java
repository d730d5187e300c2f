package io.fqtfleet.sim.device;

import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.sim.signal.LabelRule;
import io.fqtfleet.sim.signal.SampleSource;
import java.util.List;

/**
 * One simulated device without I/O, clock or threads: the firmware's agent and a sensor, turned by
 * calls. Times are milliseconds since its boot and never go back. One thread at a time.
 *
 * <pre>
 *   birth ──> { tick ──> report?   |   onBudget ──> ack }*
 * </pre>
 *
 * Windows are taken at fixed times of the device's own clock, so what a device computes does not
 * depend on how punctually it is called; only the moment at which a budget arrives does.
 */
public final class SimDevice implements AutoCloseable {
  /** Windows handed to the agent in one native call at most. */
  private static final int BATCH_MAX = 64;

  private final String id;
  private final NativeAgent agent;
  private final SampleSource source;
  private final LabelRule labels;
  private final long periodUs;
  private long nextWindow;
  private long skipped;
  private long freshLabelled;
  private long freshCorrect;

  /** What kind of message it is; the last level of its topic. */
  public record Outgoing(Uplink kind, String topic, byte[] payload, long reportSequence) {
    /** Birth and last will stay with the broker. */
    public boolean retained() {
      return kind == Uplink.STATUS;
    }
  }

  /**
   * Labelled windows that were judged before any training on them and never seen before; the base
   * of every accuracy.
   */
  public record Judged(long labelled, long correct) {
    public Judged minus(Judged earlier) {
      return new Judged(labelled - earlier.labelled, correct - earlier.correct);
    }
  }

  /**
   * @param agent freshly booted; closed with this device
   * @param windowsPerSecond above 0
   */
  public SimDevice(
      String id,
      NativeAgent agent,
      SampleSource source,
      LabelRule labels,
      double windowsPerSecond) {
    this.id = Topics.checkDevice(id);
    this.agent = agent;
    this.source = source;
    this.labels = labels;
    this.periodUs = periodUs(windowsPerSecond);
  }

  /** Time between two windows, rounded to a microsecond. */
  public static long periodUs(double windowsPerSecond) {
    return Math.max(1, Math.round(1e6 / windowsPerSecond));
  }

  public String id() {
    return id;
  }

  /** The topic on which its budgets come. */
  public String budgetTopic() {
    return Topics.budget(id);
  }

  /** The message to publish at each connect. */
  public Outgoing birth() {
    return status(true);
  }

  /** The message to leave as last will, and to publish when leaving in good order. */
  public Outgoing farewell() {
    return status(false);
  }

  private Outgoing status(boolean online) {
    return new Outgoing(Uplink.STATUS, Topics.up(id, Uplink.STATUS), agent.status(online), 0);
  }

  /**
   * Learns the windows whose time has come; at most {@code windowsMax}, older ones are skipped and
   * counted, so that a machine too slow for its fleet falls behind by a bounded time.
   *
   * @return windows learnt
   */
  public int tick(long nowMs, int windowsMax) {
    long due = nowMs * 1000 / periodUs;
    if (due - nextWindow > windowsMax) {
      skipped += due - nextWindow - windowsMax;
      nextWindow = due - windowsMax;
    }
    int learnt = 0;
    while (nextWindow < due) {
      int batch = (int) Math.min(BATCH_MAX, due - nextWindow);
      learn(batch);
      learnt += batch;
    }
    return learnt;
  }

  private void learn(int batch) {
    short[] samples = new short[batch * SampleSource.WINDOW];
    byte[] given = new byte[batch];
    boolean fresh = true;
    for (int i = 0; i < batch; i++) {
      int trueClass = source.window(nextWindow + i, samples, i * SampleSource.WINDOW);
      given[i] = labels.label(nextWindow + i, trueClass);
      fresh &= source.fresh(nextWindow + i);
    }
    NativeAgent.Counters before = agent.counters();
    agent.windows(samples, given, (nextWindow + 1) * periodUs / 1000, (int) (periodUs / 1000));
    if (fresh) {
      NativeAgent.Counters after = agent.counters();
      freshLabelled += after.labelled() - before.labelled();
      freshCorrect += after.correct() - before.correct();
    }
    nextWindow += batch;
  }

  public boolean reportDue(long nowMs) {
    return agent.reportDue(nowMs);
  }

  /** The next report; takes its sequence number. */
  public Outgoing report(long nowMs) {
    byte[] payload = agent.report(nowMs);
    return new Outgoing(
        Uplink.REPORT, Topics.up(id, Uplink.REPORT), payload, agent.counters().reportSequence());
  }

  /** Judges a message of its budget topic; the answer is to be published. */
  public List<Outgoing> onMessage(String topic, byte[] payload, long nowMs) {
    byte[] ack = agent.budget(topic, payload, nowMs);
    return List.of(new Outgoing(Uplink.ACK, Topics.up(id, Uplink.ACK), ack, 0));
  }

  public Judged judged() {
    return new Judged(freshLabelled, freshCorrect);
  }

  public NativeAgent.Counters counters() {
    return agent.counters();
  }

  /** Its weights now, as a model page. */
  public byte[] exportModel() {
    return agent.exportModel();
  }

  /** Windows that came while this process was too busy to learn them. */
  public long skipped() {
    return skipped;
  }

  @Override
  public void close() {
    agent.close();
  }
}

package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.Longs;
import io.fqtfleet.streams.drift.Part;
import io.fqtfleet.streams.state.AlertVerdict;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.RolloutOrder;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Who takes part in a round, what was counted in it, and what operators want. */
final class Roster implements Part<Roster> {
  /** What is counted. */
  enum Count {
    DEVICES,
    HEARD,
    REPORTING,
    TRAINING,
    LOST,
    DROPPED,
    SEEN,
    LABELLED,
    CORRECT,
    TRAINED,
    LOSS,
    GRADIENTS,
    GRADIENT_SAMPLES,
    CONFIDENCE,
    MACS_FORWARD,
    MACS_BACKWARD,
    ENERGY,
    /** Devices whose energy bucket was empty. */
    RUN_OUT
  }

  private final Longs counts;
  private final List<byte[]> verdicts = new ArrayList<>();
  private final List<byte[]> orders = new ArrayList<>();

  private Roster(Longs counts) {
    this.counts = counts;
  }

  Roster() {
    this(new Longs(new long[Count.values().length]));
  }

  long get(Count count) {
    return counts.get(count.ordinal());
  }

  void add(Count count, long value) {
    counts.add(count.ordinal(), value);
  }

  /** What operators say comes as evidence of the cohort. */
  void add(Collection<CohortEvent> events) {
    for (CohortEvent event : events) {
      if (event.getBody() instanceof AlertVerdict verdict) {
        verdicts.add(bytes(verdict.getFeedback()));
      } else if (event.getBody() instanceof RolloutOrder order) {
        orders.add(bytes(order.getCommand()));
      }
    }
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  void add(DeviceRound heard) {
    add(Count.HEARD, 1);
    add(Count.REPORTING, heard.reports > 0 ? 1 : 0);
    add(Count.TRAINING, heard.trained > 0 ? 1 : 0);
    add(Count.SEEN, heard.seen);
    add(Count.LABELLED, heard.labelled);
    add(Count.CORRECT, heard.correct);
    add(Count.TRAINED, heard.trained);
    add(Count.LOSS, heard.lossSum);
    add(Count.GRADIENTS, heard.gradNormSquareSum);
    add(Count.GRADIENT_SAMPLES, heard.gradSamples);
    add(Count.CONFIDENCE, heard.confidenceSum);
    add(Count.MACS_FORWARD, heard.macsForward);
    add(Count.MACS_BACKWARD, heard.macsBackward);
    add(Count.ENERGY, heard.energyMicroJoule);
    add(Count.RUN_OUT, Conditions.runsOut(heard) ? 1 : 0);
  }

  /** Single-object encoded AlertFeedback. */
  List<byte[]> verdicts() {
    return verdicts;
  }

  /** Single-object encoded RolloutCommand. */
  List<byte[]> orders() {
    return orders;
  }

  @Override
  public Roster merge(Roster other) {
    counts.merge(other.counts);
    verdicts.addAll(other.verdicts);
    orders.addAll(other.orders);
    return this;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    counts.write(out);
    write(out, verdicts);
    write(out, orders);
  }

  private static void write(DataOutput out, List<byte[]> all) throws IOException {
    out.writeInt(all.size());
    for (byte[] bytes : all) {
      out.writeInt(bytes.length);
      out.write(bytes);
    }
  }

  static Roster read(DataInput in) throws IOException {
    Roster roster = new Roster(Longs.read(in));
    read(in, roster.verdicts);
    read(in, roster.orders);
    return roster;
  }

  private static void read(DataInput in, List<byte[]> all) throws IOException {
    for (int i = in.readInt(); i > 0; i--) {
      byte[] bytes = new byte[in.readInt()];
      in.readFully(bytes);
      all.add(bytes);
    }
  }
}
